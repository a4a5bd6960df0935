/**
 * A record's terms as one short text beside its body: to give them back, and to find their rows when the record goes. Terms
 * repeat each other's beginnings and what the body says (ids, names), so each says how much of the one before it begins with, and
 * which parts stand in the body where.
 *
 * ```text
 * packed    = sum count term*         sum: four characters that tell damage
 * term      = shared rest piece*      shared: characters of the term before; rest: characters that follow these
 * piece     = length text reference   until the rest is complete; a reference is left out where nothing is missing
 * reference = length start            of the body
 * ```
 */

/** Digits of numbers, the least first; one of the upper half is followed by another. All are printable. */
const base = 47
const zero = 0x21
/** Where references may begin: they are two digits there. */
const reach = base * base
/** A part that is shorter costs as much as its reference. */
const leastPart = 5
const sumLength = 4

const numberText = (value: number): string => {
  let text = ""
  let rest = value
  for (; rest >= base; rest = Math.floor(rest / base)) text += String.fromCharCode(zero + base + (rest % base))
  return text + String.fromCharCode(zero + rest)
}

/** FNV-1a, of which 24 bits are kept. */
const sumOf = (text: string, from: number): string => {
  let hash = 0x811c9dc5
  for (let i = from; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  const digit = (shift: number) => 0x30 + ((hash >>> shift) & 63)
  return String.fromCharCode(digit(8), digit(14), digit(20), digit(26))
}

const isSecondHalf = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff

/** How much of a term the one before begins with; never half of a character. */
const sharedLength = (term: string, before: string): number => {
  const most = Math.min(term.length, before.length)
  let shared = 0
  while (shared < most && term.charCodeAt(shared) === before.charCodeAt(shared)) shared++
  return shared > 0 && isSecondHalf(term.charCodeAt(shared)) ? shared - 1 : shared
}

/** What follows the shared beginning of a term: as it is, but for parts between slashes that the body has. */
const pieces = (term: string, shared: number, body: string): string => {
  let text = ""
  let written = shared
  for (let start = shared; start < term.length; ) {
    const slash = term.indexOf("/", start)
    const end = slash === -1 ? term.length : slash
    const place = end - start < leastPart ? -1 : body.indexOf(term.slice(start, end))
    if (place !== -1) {
      text += `${numberText(start - written)}${term.slice(written, start)}${numberText(end - start)}${numberText(place)}`
      written = end
    }
    start = end + 1
  }
  return written === term.length ? text : `${text}${numberText(term.length - written)}${term.slice(written)}`
}

/** Packs terms in their order. @internal */
export const packTerms = (terms: ReadonlyArray<string>, body: string): string => {
  const near = body.length > reach ? body.slice(0, reach) : body
  let text = numberText(terms.length)
  let before = ""
  for (const term of terms) {
    const shared = sharedLength(term, before)
    text += `${numberText(shared)}${numberText(term.length - shared)}${pieces(term, shared, near)}`
    before = term
  }
  return sumOf(text, 0) + text
}

const isWhole = (packed: string): boolean =>
  packed.length > sumLength && sumOf(packed, sumLength) === packed.slice(0, sumLength)

interface Source {
  readonly text: string
  at: number
}

/** The next number; what follows the end is 0. */
const readNumber = (source: Source): number => {
  for (let value = 0, weight = 1; ; weight *= base) {
    const digit = source.text.charCodeAt(source.at++) - zero
    if (!(digit >= 0)) return value
    if (digit < base) return value + digit * weight
    value += (digit - base) * weight
  }
}

/** How many terms a text has that {@link packTerms} made; `null` where it is damaged. @internal */
export const countTerms = (packed: string): number | null =>
  isWhole(packed) ? readNumber({ text: packed, at: sumLength }) : null

/** Gives terms back; `null` where their text is damaged. Where the body is, terms may be wrong that refer to it. @internal */
export const unpackTerms = (packed: string, body: string): ReadonlyArray<string> | null => {
  if (!isWhole(packed)) return null
  const source = { text: packed, at: sumLength }
  const terms: Array<string> = []
  let term = ""
  // Each takes at least two characters: a count that the sum did not tell for damaged cannot be large.
  for (let count = Math.min(readNumber(source), packed.length); count > 0; count--) {
    term = term.slice(0, readNumber(source))
    for (let rest = readNumber(source); rest > 0; ) {
      const length = readNumber(source)
      term += packed.slice(source.at, source.at + length)
      source.at += length
      rest -= length
      if (rest <= 0) break
      const [referred, start] = [readNumber(source), readNumber(source)]
      if (length + referred === 0) return null
      term += body.slice(start, start + referred)
      rest -= referred
    }
    terms.push(term)
  }
  return terms
}
