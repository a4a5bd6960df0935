/** Numbers for people: medians, spreads, ratios, tables. */

export const measure = async (run: () => unknown): Promise<number> => {
  const started = performance.now()
  await run()
  return performance.now() - started
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export const milliseconds = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`

export const spread = (values: ReadonlyArray<number>): string =>
  values.length === 0
    ? "–"
    : `${milliseconds(median(values))} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`

export const ratio = (value: number, by: number): string => (by <= 0 ? "–" : `${(value / by).toFixed(2)}×`)

/** Prints rows of cells; what looks like a number stands to the right. */
export const print = (table: ReadonlyArray<ReadonlyArray<string>>): void => {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)))
  const isNumber = (cell: string) => /^[\d.–]/.test(cell)
  for (const cells of table) {
    const line = cells.map((cell, i) => (isNumber(cell) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
    console.log(line.join("   ").trimEnd())
  }
}
