/** Hooks that stop an apply at one of its steps. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { OnStep } from "../../../../src/adapters/filesystem/mutations.ts"

/** What a process that is dead does from step `n` on: nothing. No clean-up can change anything any more. */
export const deadFrom =
  (n: number): OnStep =>
  (step) => {
    if (step >= n) throw new Error(`dead since step ${n}`)
  }

/** Fails step `n`, and only it, as the operating system would. */
export const failingAt =
  (n: number, code: string): OnStep =>
  (step, label) => {
    if (step === n) throw Object.assign(new Error(`${code}: ${label}`), { code })
  }

/** A file system that has no hard links, as FAT has none. */
export const withoutLinks: OnStep = (_, label) => {
  if (label.startsWith("link ")) throw Object.assign(new Error(label), { code: "EPERM" })
}

export const both =
  (one: OnStep, other: OnStep): OnStep =>
  (n, label) => {
    one(n, label)
    other(n, label)
  }

/** Counts the steps, and says of each what it did. */
export const counting = (): { readonly onStep: OnStep; readonly labels: Array<string> } => {
  const labels: Array<string> = []
  return { labels, onStep: (_, label) => void labels.push(label) }
}

/** Removes the locks of a "dead" process that is this very process. */
export const unlock = (root: string): void => {
  const control = join(root, ".tidemark")
  if (!fs.existsSync(control)) return
  for (const name of fs.readdirSync(control)) if (name.startsWith("lock-")) fs.rmSync(join(control, name))
}

const full = process.env.TIDEMARK_FULL !== undefined

/** How large a share of all combinations is tried: all of them when `TIDEMARK_FULL` is set. */
export const oneIn = (share: number): number => (full ? 1 : share)

/** For tests that try many combinations. */
export const timeout = full ? 3_600_000 : 60_000

/** A fast place for thousands of small trees, where the system has one. */
export const fastTemporary = (name: string): string => {
  const base = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir()
  return fs.mkdtempSync(join(base, `tidemark-${name}-`))
}
