/** Real merges, with the answers that git gave. */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { mergeText } from "../../../src/algo/text/mergeText.ts"
import { sharedData } from "./sharedData.ts"

const sha256 = (of: Uint8Array): string => createHash("sha256").update(of).digest("hex")

interface CorpusCase {
  readonly id: string
  readonly base: string
  readonly ours: string
  readonly theirs: string
  readonly git: Readonly<Record<string, { readonly conflicts: number; readonly sha256: string }>>
}

const styles = ["merge", "diff3", "zdiff3"] as const

describe("real merges", () => {
  it("of single files give what git merge-file gives", { timeout: 60_000 }, (context) => {
    const folder = sharedData(context, "corpus/merge")
    const differing: Array<string> = []
    let cases = 0
    for (const file of readdirSync(folder)) {
      for (const line of gunzipSync(readFileSync(join(folder, file)))
        .toString("utf8")
        .split("\n")) {
        if (line === "") continue
        const { base, git, id, ours, theirs } = JSON.parse(line) as CorpusCase
        for (const style of styles) {
          cases++
          const labels = { ours: "ours", base: "base", theirs: "theirs" }
          const merged = mergeText(base, ours, theirs, { profile: "git-merge-file", style, labels })
          const expected = git[style]
          if (expected?.conflicts !== merged.conflicts || expected.sha256 !== sha256(merged.bytes)) {
            differing.push(`${id} ${style}`)
          }
        }
      }
    }
    expect(differing).toEqual([])
    expect(cases).toBe(2250)
  })

  it("of a collection's files give what git's tree merge gives", { timeout: 60_000 }, (context) => {
    const folder = sharedData(context, "real/agents")
    const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
      readonly withoutRenames: {
        readonly conflictedPaths: ReadonlyArray<string>
        readonly files: Readonly<Record<string, { readonly sha256: string }>>
      }
    }
    const { conflictedPaths, files } = expected.withoutRenames
    const directory = mkdtempSync(join(tmpdir(), "tidemark-agents-"))
    try {
      for (const side of ["v1", "local", "v2"]) {
        mkdirSync(join(directory, side))
        const run = spawnSync("tar", ["xzf", join(folder, `${side}.tar.gz`), "-C", join(directory, side)])
        expect(run.status).toBe(0)
      }
      const outcomes = { clean: 0, conflicted: 0 }
      for (const path of new Set([...Object.keys(files), ...conflictedPaths])) {
        const sides = ["v1", "local", "v2"].map((side) => join(directory, side, path))
        if (!sides.every((side) => existsSync(side) && lstatSync(side).isFile())) continue
        const [base, ours, theirs] = sides.map((side) => new Uint8Array(readFileSync(side)))
        if (base === undefined || ours === undefined || theirs === undefined) continue
        const merged = mergeText(base, ours, theirs, { profile: "git-ort" })
        if (conflictedPaths.includes(path)) {
          outcomes.conflicted++
          expect(merged.conflicts, path).toBeGreaterThan(0)
        } else {
          outcomes.clean++
          expect([path, merged.conflicts, sha256(merged.bytes)]).toEqual([path, 0, files[path]?.sha256])
        }
      }
      expect(outcomes.conflicted).toBe(conflictedPaths.length)
      expect(outcomes.clean).toBeGreaterThan(200)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
