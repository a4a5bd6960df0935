/** Names of a file system as text, and back: exact for every byte. */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const plain = /^[^\\]*$/
const hex = (byte: number) => byte.toString(16).padStart(2, "0")

/** The length of the valid UTF-8 sequence that starts at `i`, or 0. (RFC 3629, table 3-7 of the Unicode standard.) */
const sequenceLength = (bytes: Uint8Array, i: number): number => {
  const at = (k: number) => bytes[i + k] ?? 0
  const tail = (k: number) => (at(k) & 0xc0) === 0x80
  const b = at(0)
  if (b < 0x80) return 1
  if (b >= 0xc2 && b <= 0xdf) return tail(1) ? 2 : 0
  if (b >= 0xe0 && b <= 0xef) {
    if (!tail(1) || !tail(2) || (b === 0xe0 && at(1) < 0xa0) || (b === 0xed && at(1) > 0x9f)) return 0
    return 3
  }
  if (b >= 0xf0 && b <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3) || (b === 0xf0 && at(1) < 0x90) || (b === 0xf4 && at(1) > 0x8f)) return 0
    return 4
  }
  return 0
}

/**
 * Writes a name's (or path's) bytes as text: a byte that is not part of valid UTF-8 as `\xHH`, a backslash as `\\`.
 *
 * @public
 */
export const pathFromBytes = (bytes: Uint8Array): string => {
  try {
    const text = utf8.decode(bytes)
    return plain.test(text) ? text : text.replaceAll("\\", "\\\\")
  } catch {
    let out = ""
    for (let i = 0; i < bytes.length; ) {
      const length = sequenceLength(bytes, i)
      if (length === 0) out += `\\x${hex(bytes[i] ?? 0)}`
      else if (bytes[i] === 0x5c) out += "\\\\"
      else out += utf8.decode(bytes.subarray(i, i + length))
      i += length === 0 ? 1 : length
    }
    return out
  }
}

/**
 * Gives back the bytes that {@link pathFromBytes} wrote as `path`.
 *
 * @public
 */
export const pathToBytes = (path: string): Uint8Array => {
  if (plain.test(path)) return encoder.encode(path)
  const out: Array<number> = []
  const pattern = /\\\\|\\x([0-9a-f]{2})|[^\\]+|\\/g
  for (const match of path.matchAll(pattern)) {
    if (match[0] === "\\\\") out.push(0x5c)
    else if (match[1] !== undefined) out.push(Number.parseInt(match[1], 16))
    else for (const byte of encoder.encode(match[0])) out.push(byte)
  }
  return Uint8Array.from(out)
}

/**
 * Says why a text is not one name of a path, if it is not. Escapes must be the ones that bytes are written with: `\x2e\x2e`
 * would be `..` to a file system, and two texts would name one file.
 *
 * @internal
 */
export const nameProblem = (name: string): string | undefined => {
  if (name === "" || name === "." || name === ".." || name.includes("/")) {
    return "must be relative, without empty, `.` or `..` segments"
  }
  return name.includes("\\") && pathFromBytes(pathToBytes(name)) !== name
    ? "must write bytes that are not UTF-8 as `\\xHH`, a backslash as `\\\\`, and nothing else with a backslash"
    : undefined
}
