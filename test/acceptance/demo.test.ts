/** The demonstration on a real collection of skills: the counts that are known of it. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { sharedPath } from "../support/shared.ts"
import { projectRoot } from "../support/sourceFiles.ts"

describe("the demonstration", () => {
  it("finds in real collections exactly what is in them", { timeout: 180_000 }, (context) => {
    const archives = sharedPath(context, "real/agents")
    const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "tidemark-demo-real-"))
    try {
      for (const name of ["v1", "v2", "local"]) {
        mkdirSync(join(folder, name))
        execFileSync("tar", ["-xzf", join(archives, `${name}.tar.gz`), "-C", join(folder, name)])
      }
      const [v1, v2, local] = ["v1", "v2", "local"].map((name) => join(folder, name))
      const args = ["--json", "--v1", v1 ?? "", "--v2", v2 ?? "", "--local", local ?? ""]
      const out = execFileSync(process.execPath, [join(projectRoot, "examples", "demo.ts"), ...args], {
        env: { ...process.env, TMPDIR: folder },
        maxBuffer: 1e8
      })
      const story = JSON.parse(out.toString())
      expect(story.drift.paths).toBe(1162)
      expect(story.drift.counts).toEqual({
        clean: 217,
        outdated: 178,
        modified: 25,
        both: 67,
        converged: 111,
        eolOnly: 6,
        deleted: 7,
        addedUpstream: 545,
        removedUpstream: 4,
        conflicted: 0,
        localOnly: 2
      })
      expect(story.plan.actions.conflict).toBe(25)
      expect(story.conflicts).toMatchObject({ kinds: { content: 25 }, remaining: 24 })
      expect(story.rollback).toMatchObject({ edits: 218, editsLost: [], otherDifferences: [] })
      expect(story.undo).toMatchObject({ files: 1151, different: [] })
      expect(story.ledger.verified.findings).toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
