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
