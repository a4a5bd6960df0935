/** Scanning a root in memory. */

import { makeIgnores } from "../../core/ignoreRules.ts"
import type { Scan, ScanEntry, ScanOptions } from "../../core/WorkingTree.ts"
import type { FilePath } from "../../model/Ids.ts"
import { isReserved, type MemoryRoot, parentOf, standingOf } from "./memoryFiles.ts"

const isWithin = (within: ReadonlyArray<string> | undefined) => {
  if (within === undefined || within.includes("")) return () => true
  const starts = new Set(within)
  return (path: string) => {
    for (let at = path; at !== ""; at = parentOf(at)) if (starts.has(at)) return true
    return false
  }
}

/** @internal */
export const scanMemory = (root: MemoryRoot, options: ScanOptions): Scan => {
  const ignores = makeIgnores(options.ignore)
  const asked = isWithin(options.within)
  const starts = new Set<string>(options.within ?? [])
  const entries: Array<ScanEntry> = []
  const ignored: Array<FilePath> = []
  const left = new Set<string>()
  for (const path of root.paths()) {
    const standing = standingOf(root.get(path))
    if (standing === null || isReserved(path)) continue
    const above = left.has(parentOf(path))
    if (above || ignores(path, standing.kind === "directory")) {
      left.add(path)
      if (asked(path) && (!above || starts.has(path))) ignored.push(path)
    } else if (asked(path)) entries.push({ path, standing })
  }
  return { entries, oddities: [], ignored }
}
