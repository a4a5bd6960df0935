/** What people are told of ids that are none. */
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { ArtifactId, TreeId, VersionId } from "../../src/model/Ids.ts"

const said = (schema: Schema.Codec<unknown, unknown>, value: unknown): string => {
  const exit = Schema.decodeUnknownExit(schema)(value)
  return Exit.isFailure(exit) ? String(exit.cause) : "nothing"
}

describe("ids", () => {
  it("say what they must be in words", () => {
    for (const schema of [TreeId, VersionId]) {
      for (const wrong of ["", "main", "A".repeat(64), "a".repeat(63)]) {
        expect(said(schema, wrong)).toContain("64 lower-case hexadecimal digits")
      }
      expect(said(schema, "a".repeat(64))).toBe("nothing")
    }
    for (const wrong of ["", "pdf", "Skill:pdf", "skill:", "skill:a\nb"]) {
      expect(said(ArtifactId, wrong)).toContain("such as `skill:pdf`")
    }
    expect(said(ArtifactId, "skill:pdf")).toBe("nothing")
  })
})
