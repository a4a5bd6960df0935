/** The beginnings of ids, which order rows of terms. */

const startCharacters = 8

/** So much of an id as the rows of its terms have: it orders ids as they are ordered, but for those that begin alike. @internal */
export const startOf = (id: string): string => {
  const start = id.slice(0, startCharacters)
  // By characters, as databases count them: where all are of one unit, both are the same.
  return /^[\0-\x7f]*$/.test(start) ? start : [...id].slice(0, startCharacters).join("")
}

/** The same, of a column. @internal */
export const startOfColumn = (column: string): string => `substr(${column}, 1, ${startCharacters})`
