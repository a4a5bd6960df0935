import { describe, expect, it } from "vitest"
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

  it("say where they are wrong", () => {
    expect(parseRevision("")).toEqual({ position: 0, reason: "a name must stand here" })
    expect(parseRevision("~2")).toEqual({ position: 0, reason: "a name must stand here" })
    expect(parseRevision("branch:")).toEqual({ position: 7, reason: "a name must stand here" })
    expect(parseRevision("file:x")).toMatchObject({ position: 0 })
    expect(parseRevision("main~2x")).toMatchObject({ position: 6 })
    expect(parseRevision("main~99999999999")).toMatchObject({ position: 14 })
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
