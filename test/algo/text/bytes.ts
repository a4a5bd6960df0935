/** Bytes written and read as text: each Latin-1 character stands for one byte. */

export const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

export const text = (from: Uint8Array): string => Buffer.from(from).toString("latin1")

/** Lines made from their numbers, each with a newline. */
export const numbered = (count: number, line: (index: number) => string): Uint8Array =>
  Buffer.from(Array.from({ length: count }, (_, index) => `${line(index)}\n`).join(""))
