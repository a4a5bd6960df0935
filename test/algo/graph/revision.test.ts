import { describe, expect, it } from "vitest"
import { parseDate } from "../../../src/algo/graph/parseDate.ts"
import { nameProblem, parseRevision } from "../../../src/algo/graph/revision.ts"

describe("revision expressions", () => {
  it("parse names, prefixes and steps", () => {
    expect(parseRevision("main")).toEqual({ base: { kind: "name", name: "main" }, steps: [] })
    expect(parseRevision("v1.2.0~3^2")).toEqual({
      base: { kind: "name", name: "v1.2.0" },
      steps: [
        { kind: "firstParents", count: 3 },
        { kind: "parent", number: 2 }
      ]
    })
    expect(parseRevision("branch:team/main~~^")).toEqual({
      base: { kind: "branch", name: "team/main" },
      steps: [
        { kind: "firstParents", count: 1 },
        { kind: "firstParents", count: 1 },
        { kind: "parent", number: 1 }
      ]
    })
    expect(parseRevision("tag:x^0")).toEqual({
      base: { kind: "tag", name: "x" },
      steps: [{ kind: "parent", number: 0 }]
    })
    expect(parseRevision("a".repeat(64))).toMatchObject({ base: { kind: "name", name: "a".repeat(64) } })
    expect(parseRevision("my skills")).toMatchObject({ base: { name: "my skills" } })
  })

  it("parse past positions, deployments and ranges", () => {
    expect(parseRevision("main@{1970-01-02}~1")).toEqual({
      base: { kind: "past", name: "main", time: 2 * 86_400_000 - 1 },
      steps: [{ kind: "firstParents", count: 1 }]
    })
    expect(parseRevision("branch:main@{1970-01-01T00:00:01Z}")).toEqual({
      base: { kind: "past", name: "main", time: 1000 },
      steps: []
    })
    expect(parseRevision("@{deployed:my project}^2")).toEqual({
      base: { kind: "deployed", project: "my project" },
      steps: [{ kind: "parent", number: 2 }]
    })
    expect(parseRevision("^1.2")).toEqual({ base: { kind: "release", range: "^1.2" }, steps: [] })
    expect(parseRevision(">=1.2 <2 || 3.x")).toMatchObject({ base: { kind: "release", range: ">=1.2 <2 || 3.x" } })
    expect(parseRevision("semver:1.x")).toMatchObject({ base: { kind: "release", range: "1.x" } })
  })

  it("say where they are wrong", () => {
    expect(parseRevision("")).toEqual({ position: 0, reason: "a name must stand here" })
    expect(parseRevision("branch:")).toEqual({ position: 7, reason: "a name must stand here" })
    expect(parseRevision("file:x")).toMatchObject({ position: 0 })
    expect(parseRevision("main~2x")).toMatchObject({ position: 6 })
    expect(parseRevision("main~99999999999")).toMatchObject({ position: 14 })
    expect(parseRevision("main@{2026-05-01")).toEqual({ position: 16, reason: "`}` is missing" })
    expect(parseRevision("main@{yesterday}")).toMatchObject({ position: 6 })
    expect(parseRevision("tag:v1@{2026-05-01}")).toEqual({ position: 6, reason: "a tag has no past positions" })
    expect(parseRevision("main@{2026-05-01}x")).toMatchObject({ position: 17 })
    expect(parseRevision("@{deployed:}")).toMatchObject({ position: 11 })
    expect(parseRevision("@{deployed:x")).toMatchObject({ position: 12 })
    expect(parseRevision("@{2026-05-01}")).toMatchObject({ position: 0 })
  })
})

describe("names", () => {
  it("can be what an expression can say", () => {
    for (const name of ["main", "v1.2.0", "team/feature-1", "größe", "1", "abcd", "a@b"]) {
      expect(nameProblem(name)).toBeUndefined()
    }
  })

  it("cannot be what it could not", () => {
    const wrong = [
      "",
      " ",
      "a b",
      "a~1",
      "a^",
      "a:b",
      "a..b",
      "@",
      "-x",
      "a\n",
      "a{b",
      "\ud800",
      "x".repeat(201),
      "f".repeat(64)
    ]
    for (const name of wrong) expect(nameProblem(name), JSON.stringify(name)).toBeTypeOf("string")
  })
})

describe("dates", () => {
  it("are days, or moments in a zone", () => {
    expect(parseDate("1970-01-01")).toBe(86_399_999)
    expect(parseDate("1970-01-01T00:00")).toBe(0)
    expect(parseDate("1970-01-01T01:00:02.5+01:00")).toBe(2500)
    expect(parseDate("1969-12-31T22:30-01:30")).toBe(0)
    expect(parseDate("2024-02-29")).toBe(Date.UTC(2024, 2, 1) - 1)
  })

  it("are in the calendar", () => {
    for (const wrong of [
      "",
      "2026",
      "2026-02-29",
      "2026-06-31",
      "2026-13-01",
      "2026-01-01T24:00",
      "01-01-2026",
      "now"
    ]) {
      expect(parseDate(wrong), wrong).toBeUndefined()
    }
  })
})
