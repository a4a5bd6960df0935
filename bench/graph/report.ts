/** Timing, and lines of the report. */

export const time = (work: () => void): number => {
  const start = performance.now()
  work()
  return performance.now() - start
}

export const timed = async <A>(work: () => Promise<A>): Promise<readonly [milliseconds: number, result: A]> => {
  const start = performance.now()
  const result = await work()
  return [performance.now() - start, result]
}

export const quantile = (values: ReadonlyArray<number>, q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0

export const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`
export const row = (name: string, value: string): string => `  ${name.padEnd(38)}${value}`
