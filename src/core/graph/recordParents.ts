/** The parents of a version, from its record as it stands: walks pass thousands, and need nothing else of them. */
import type { StoredRecord } from "../../storage/CatalogStorage.ts"

const key = '"parents":['
const idLength = 64

/** The end of a version's body, where its parents stand, the first parent first. @internal */
export const parentsText = (parents: ReadonlyArray<string>): string =>
  parents.length === 0 ? `${key}]` : `${key}"${parents.join('","')}"]`

/**
 * The ids of a version's parents, the first parent first, each once; `undefined` where the body is no version's.
 *
 * @remarks
 * They are read from the body, whose canonical form ends in parents, time and tree, and not from the terms that it is found
 * by: the ledger covers the order of the former, and a storage gives the latter in any. Within a text a quote is
 * escaped, and metadata stand before, so the last key of that name is the version's own.
 *
 * @internal
 */
export const recordParents = ({ body }: Pick<StoredRecord, "body">): ReadonlyArray<string> | undefined => {
  const found = body.lastIndexOf(key)
  if (found === -1) return undefined
  const parents: Array<string> = []
  let at = found + key.length
  if (body[at] === "]") return parents
  for (;;) {
    const id = body.slice(at + 1, at + 1 + idLength)
    at += idLength + 2
    if (id.length < idLength || body[at - 1] !== '"') return undefined
    if (!parents.includes(id)) parents.push(id)
    if (body[at] === "]") return parents
    if (body[at] !== ",") return undefined
    at += 1
  }
}
