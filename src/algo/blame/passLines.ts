/** Which lines of a text came from an earlier one, and where they stood there. */
import { makeBudget } from "../text/budget.ts"
import { internLines } from "../text/internLines.ts"
import { LineDiffer } from "../text/lineDiffer.ts"

/** Lines that are asked about: `count` from `at` on in some text, which are those from `asked` on in the question. @internal */
export interface LineRun {
  readonly asked: number
  readonly at: number
  readonly count: number
}

/** Runs in the earlier text, and what is left of the runs in the later one. @internal */
export interface PassedLines {
  readonly passed: ReadonlyArray<LineRun>
  readonly kept: ReadonlyArray<LineRun>
}

/**
 * Divides runs of lines of `later` into those that `earlier` has too and those that came in between, by the diff that git
 * makes where it is asked for none in particular (Myers').
 *
 * @internal
 */
export const passLines = (earlier: Uint8Array, later: Uint8Array, runs: ReadonlyArray<LineRun>): PassedLines => {
  const { distinct, texts } = internLines([earlier, later])
  const [before, after] = texts
  if (before === undefined || after === undefined) return { passed: [], kept: runs }
  const script = new LineDiffer(distinct, "myers", makeBudget(before.count + after.count)).diff(before.ids, after.ids)
  const passed: Array<LineRun> = []
  const kept: Array<LineRun> = []
  for (const run of runs) {
    const end = run.at + run.count
    let at = run.at
    let change = firstEndingAfter(script.b1, at)
    while (at < end) {
      const start = change < script.count ? (script.b0[change] as number) : Number.POSITIVE_INFINITY
      const isNew = start <= at
      const until = Math.min(end, isNew ? (script.b1[change] as number) : start)
      const piece = { asked: run.asked + at - run.at, at, count: until - at }
      if (isNew) kept.push(piece)
      // Before this change stand as many lines that both texts have as after the one before it.
      else passed.push({ ...piece, at: at - shiftAt(script, change) })
      at = until
      while (change < script.count && (script.b1[change] as number) <= at) change++
    }
  }
  return { passed, kept }
}

/** The first change that ends below a line. */
const firstEndingAfter = (ends: Int32Array, line: number): number => {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ends[middle] as number) <= line) low = middle + 1
    else high = middle
  }
  return low
}

/** How much lower lines between two changes stand in the later text. */
const shiftAt = (script: { readonly a1: Int32Array; readonly b1: Int32Array }, change: number): number =>
  change === 0 ? 0 : (script.b1[change - 1] as number) - (script.a1[change - 1] as number)

/** The number of lines of a text, a last one without a newline included. @internal */
export const countLines = (bytes: Uint8Array): number => {
  let count = 0
  for (let at = 0; at < bytes.length; count++) {
    const end = bytes.indexOf(0x0a, at)
    if (end === -1) return count + 1
    at = end + 1
  }
  return count
}
