/**
 * Bytes cut into lines, each line named by an integer.
 *
 * A line runs up to and including its newline, so a last line without one differs from the same line with one,
 * and joining all lines gives the bytes back. Nothing here decodes: a line is bytes, whatever they mean.
 */

/**
 * A text as a sequence of lines with interned names: two lines are equal exactly when their ids are.
 *
 * @public
 */
export interface TextLines {
  /** The bytes that were cut. */
  readonly bytes: Uint8Array
  /** Where line `i` starts; `starts[count]` is the length of the bytes. */
  readonly starts: Uint32Array
  /** The name of line `i`, dense from zero over all texts that were interned together. */
  readonly ids: Int32Array
  /** The number of lines. */
  readonly count: number
}

/**
 * Tells whether a line ends in a newline; only a last line may not.
 *
 * @public
 */
export const endsInNewline = (lines: TextLines, line: number): boolean => {
  const end = lines.starts[line + 1] as number
  return end > (lines.starts[line] as number) && lines.bytes[end - 1] === 0x0a
}

/**
 * The bytes of the lines from `start` up to, not including, `end`; a view, not a copy.
 *
 * @public
 */
export const sliceLines = (lines: TextLines, start: number, end: number): Uint8Array =>
  lines.bytes.subarray(lines.starts[start], lines.starts[end])
