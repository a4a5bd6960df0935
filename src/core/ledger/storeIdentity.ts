/** The store's own name. No operation moves it, so it carries its own checksum. */
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"

const sumLength = 16
const sumOf = (drawn: string, sha256: Sha256Function) =>
  sha256(new TextEncoder().encode(`tidemark store 1\n${drawn}`)).slice(0, sumLength)

/** Makes a store's name from what was drawn for it. @internal */
export const drawIdentity = (drawn: string, sha256: Sha256Function): string => `${drawn}-${sumOf(drawn, sha256)}`

/** Whether this is a name that was drawn, and not what became of one. @internal */
export const isIdentity = (value: string, sha256: Sha256Function): boolean => {
  const drawn = value.slice(0, -sumLength - 1)
  return drawn !== "" && value === drawIdentity(drawn, sha256)
}
