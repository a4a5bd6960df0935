/** Comparison and display of what laws compare: plain data, maps and bytes. */

const isPlain = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null

/** Structural equality. Maps are equal whatever their order; an absent key equals an undefined one. @internal */
export const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (!isPlain(a) || !isPlain(b)) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return (
      a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
    )
  }
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false
    for (const [key, value] of a) if (!b.has(key) || !same(value, b.get(key))) return false
    return true
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]))
  }
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]))
}

const maxShown = 400

/** A value as text for people, cut where it gets long. @internal */
export const show = (value: unknown): string => {
  const text =
    JSON.stringify(value, (_, item: unknown) => {
      if (item instanceof Uint8Array) return `${item.length} bytes: ${item.subarray(0, 16).join(" ")}`
      return item instanceof Map ? Object.fromEntries(item) : item
    }) ?? String(value)
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}… (${text.length} characters)`
}
