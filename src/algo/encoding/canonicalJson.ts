/** JSON with one text per value (RFC 8785), so that equal values hash alike. */

/** A value that JSON can hold. @public */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | ReadonlyArray<JsonValue>
  | { readonly [key: string]: JsonValue }

/**
 * Writes a value as canonical JSON: keys sorted by their UTF-16 units, no white space, numbers as ECMAScript prints them.
 * Keys whose value is `undefined` are left out.
 *
 * @remarks
 * RFC 8785, sections 3.2.2 and 3.2.3. Strings must be well-formed; the model's schemas see to that.
 *
 * @public
 */
export const canonicalJson = (value: unknown): string => {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null"
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  const record = value as { readonly [key: string]: unknown }
  const keys = Object.keys(record).filter((key) => record[key] !== undefined)
  keys.sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`).join(",")}}`
}

/** How many items of a list are written at a time. */
const atOnce = 500

/**
 * Gives the same text of an object in pieces, none of them longer than some hundred items of its lists: that of a hundred
 * thousand items would be many megabytes, several times over.
 *
 * @internal
 */
export function* canonicalJsonPieces(record: { readonly [key: string]: unknown }): Generator<string> {
  const keys = Object.keys(record).filter((key) => record[key] !== undefined)
  keys.sort()
  for (const [i, key] of keys.entries()) {
    const value = record[key]
    yield `${i === 0 ? "{" : ","}${JSON.stringify(key)}:`
    if (!Array.isArray(value)) {
      yield canonicalJson(value)
      continue
    }
    for (let at = 0; at < value.length; at += atOnce) {
      yield (at === 0 ? "[" : ",") + canonicalJson(value.slice(at, at + atOnce)).slice(1, -1)
    }
    yield value.length === 0 ? "[]" : "]"
  }
  yield keys.length === 0 ? "{}" : "}"
}
