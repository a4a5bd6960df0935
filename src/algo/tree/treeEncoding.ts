/**
 * The canonical encoding of a directory: one header line with the scheme's number, then one line per name.
 *
 * ```
 * tidemark tree 1
 * f 5891b5b5…03 6 8:SKILL.md
 * ```
 *
 * A line is the kind's letter (`f`ile, e`x`ecutable, symlin`l`… see below), the content's id, its size, and the name
 * framed by its length in bytes, so no two different directories encode alike.
 */
import type { ObjectId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import { nameProblem } from "../../model/pathText.ts"
import type { EntryKind, TreeEntry } from "../../model/Tree.ts"

const header = "tidemark tree 1\n"
const letters: { readonly [K in EntryKind]: string } = {
  file: "f",
  executable: "x",
  symlink: "l",
  directory: "d",
  conflict: "c"
}
const kinds = new Map(Object.entries(letters).map(([kind, letter]) => [letter, kind as EntryKind]))
const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Sorts entries the way every tree is sorted: by the UTF-8 bytes of the name. @public */
export const sortEntries = (entries: Iterable<TreeEntry>): ReadonlyArray<TreeEntry> =>
  [...entries].sort((a, b) => compareUtf8(a.name, b.name))

const utf8Length = (text: string): number => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return encoder.encode(text).length
  return text.length
}

/**
 * Encodes a directory whose entries are sorted and named differently.
 *
 * @public
 */
export const encodeTree = (entries: ReadonlyArray<TreeEntry>): Uint8Array => {
  let text = header
  for (const { id, kind, name, size } of entries) {
    text += `${letters[kind]} ${id} ${size} ${utf8Length(name)}:${name}\n`
  }
  return encoder.encode(text)
}

const line = /^([fxldc]) ([0-9a-f]{64}) (0|[1-9][0-9]{0,15}) ([1-9][0-9]{0,8}):/

/**
 * Decodes what {@link encodeTree} wrote, or says what is wrong with it. Anything but the canonical bytes is wrong.
 *
 * @public
 */
export const decodeTree = (bytes: Uint8Array): ReadonlyArray<TreeEntry> | { readonly invalid: string } => {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return { invalid: "a tree that is not UTF-8" }
  }
  if (!text.startsWith(header)) return { invalid: "no header of a tree that this Tidemark knows" }
  const entries: Array<TreeEntry> = []
  let at = header.length
  let previous: string | undefined
  while (at < text.length) {
    // The framed length bounds the name; a slice of the longest possible prefix keeps the match linear.
    const match = line.exec(text.slice(at, at + 110))
    if (match === null) return { invalid: `no entry at character ${at}` }
    const [prefix, letter = "", id = "", size = "", framed = ""] = match
    const start = at + prefix.length
    const name = takeBytes(text, start, Number(framed))
    if (name === undefined || text[start + name.length] !== "\n") return { invalid: `a cut name at character ${at}` }
    if (nameProblem(name) !== undefined || name.includes("\0")) return { invalid: `no name at character ${at}` }
    if (!Number.isSafeInteger(Number(size)) || (size !== "0" && letter !== "f" && letter !== "x")) {
      return { invalid: `no such size at character ${at}` }
    }
    if (previous !== undefined && compareUtf8(previous, name) >= 0) return { invalid: `names out of order at ${name}` }
    entries.push({ name, kind: kinds.get(letter) ?? "file", id: id as ObjectId, size: Number(size) })
    previous = name
    at = start + name.length + 1
  }
  return entries
}

/** The piece of `text` from `start` that takes `length` bytes in UTF-8. */
const takeBytes = (text: string, start: number, length: number): string | undefined => {
  let bytes = 0
  let i = start
  while (bytes < length && i < text.length) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else if (unit >= 0xd800 && unit < 0xdc00) {
      bytes += 4
      i += 1
    } else bytes += 3
    i += 1
  }
  return bytes === length ? text.slice(start, i) : undefined
}
