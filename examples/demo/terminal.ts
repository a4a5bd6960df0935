/** Colours, columns and a progress bar, on terminals that have them. */
import { styleText } from "node:util"

/** Where text goes. `process.stdout` is one. */
export interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

type Format = Parameters<typeof styleText>[0]

/** Colours text where the standard output is a terminal; `NO_COLOR` and `FORCE_COLOR` are respected by Node itself. */
export const paint = (format: Format, text: string): string => styleText(format, text, { stream: process.stdout })

const grouped = new Intl.NumberFormat("en-US")

/** `1162` as `1,162`. */
export const number = (value: number): string => grouped.format(value)

/** `1 file`, `2 files`. */
export const several = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`

/** `12 ms`, `1.4 s`. */
export const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`

/** Cuts text that is too wide for its column. */
export const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`

/** Cuts a path in the middle: its end says most. */
export const clipPath = (path: string, width: number): string =>
  path.length <= width ? path : `…${path.slice(path.length - width + 1)}`

/** Breaks text into lines of at most `width`. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return line === "" ? lines : [...lines, line]
}

const barWidth = 24
const redrawAfter = 40

/** A line that shows how far a step is, and is gone when the step is done. Draws nothing where there is no terminal. */
export const progressBar = (output: Output, title: string) => {
  if (output.isTTY !== true) return { tell: () => {}, clear: () => {} }
  let drawn = -Infinity
  const draw = (text: string) => output.write(`\r\x1b[2K${clip(text, (output.columns ?? 80) - 1)}`)
  draw(`    ${title} …`)
  return {
    tell: ({ done, phase, total }: { readonly phase: string; readonly done: number; readonly total: number }) => {
      const now = performance.now()
      if (total === 0 || (done < total && now - drawn < redrawAfter)) return
      drawn = now
      const filled = Math.round((done / total) * barWidth)
      const bar = "█".repeat(filled) + "░".repeat(barWidth - filled)
      draw(`    ${title}  ${bar}  ${phase} ${number(done)}/${number(total)}`)
    },
    clear: () => output.write("\r\x1b[2K")
  }
}
