/**
 * What a diff finds, before it is a list: one flag per line of either side.
 */

/**
 * One flag per line: 1 where a line of the first side is gone, or a line of the second side is new.
 *
 * @public
 */
export interface ChangedLines {
  readonly a: Uint8Array
  readonly b: Uint8Array
}

/**
 * Marks both ranges as changed.
 *
 * @public
 */
export const markRange = (changed: ChangedLines, a0: number, a1: number, b0: number, b1: number): void => {
  changed.a.fill(1, a0, a1)
  changed.b.fill(1, b0, b1)
}
