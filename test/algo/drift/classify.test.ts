import { assert, describe, it } from "@effect/vitest"
import { classify, type SameText, sameStanding } from "../../../src/algo/drift/classify.ts"
import type { DriftClass } from "../../../src/model/Drift.ts"
import type { BlobId } from "../../../src/model/Ids.ts"
import type { Standing } from "../../../src/model/Standing.ts"

const file = (name: string, kind: "file" | "executable" | "symlink" = "file"): Standing => ({
  kind,
  id: name.padEnd(64, "0") as BlobId,
  size: 1
})

/** `a` and `A` are one text with different line endings, and so are `b` and `B`. */
const things: Readonly<Record<string, Standing | null>> = {
  "-": null,
  a: file("a"),
  A: file("aaa"),
  b: file("b"),
  B: file("bbb"),
  c: file("c"),
  x: file("a", "executable"),
  l: file("a", "symlink"),
  d: { kind: "directory" }
}
const nameOf = new Map(Object.entries(things).map(([name, thing]) => [thing, name]))
const none: SameText = () => false
const endings: SameText = (a, b) => {
  const [x, y] = [nameOf.get(a) ?? "", nameOf.get(b) ?? ""]
  return x.toLowerCase() === y.toLowerCase() && "ab".includes(x.toLowerCase())
}

/** The classes, as the documentation says them, one after the other. */
const asDocumented = (baseline: string, upstream: string, local: string, alike: (a: string, b: string) => boolean) => {
  const localMoved = !alike(local, baseline)
  const upstreamMoved = !alike(upstream, baseline)
  if (baseline === "-" && upstream === "-") return local === "-" ? "converged" : "localOnly"
  if (localMoved && upstreamMoved) {
    if (baseline === "-" && local === "-") return "addedUpstream"
    return alike(local, upstream) ? "converged" : "both"
  }
  if (localMoved) return local === "-" ? "deleted" : "modified"
  if (upstreamMoved) {
    if (baseline === "-") return "addedUpstream"
    return upstream === "-" ? "removedUpstream" : "outdated"
  }
  return local === baseline ? "clean" : "eolOnly"
}

describe("classifying a path", () => {
  for (const [policy, same] of [
    ["bytes", none],
    ["line endings", endings]
  ] as const) {
    it(`says what the documentation says, for everything that three sides can hold (${policy})`, () => {
      const alike = (a: string, b: string) => a === b || same(things[a] ?? null, things[b] ?? null)
      const seen = new Set<DriftClass>()
      for (const baseline of Object.keys(things)) {
        for (const upstream of Object.keys(things)) {
          for (const local of Object.keys(things)) {
            const said = classify(things[baseline] ?? null, things[upstream] ?? null, things[local] ?? null, same)
            assert.strictEqual(said, asDocumented(baseline, upstream, local, alike), `${baseline} ${upstream} ${local}`)
            seen.add(said)
          }
        }
      }
      // `conflicted` is what an unresolved conflict says, whatever stands there.
      assert.strictEqual(seen.size, same === none ? 9 : 10)
    })
  }

  it("asks about texts only where bytes differ", () => {
    const asked: SameText = () => {
      throw new Error("asked")
    }
    assert.strictEqual(classify(file("a"), file("a"), file("a"), asked), "clean")
    assert.strictEqual(classify(null, file("a"), null, asked), "addedUpstream")
    assert.strictEqual(classify(file("a"), null, null, asked), "converged")
  })

  it("takes size for no difference, and kind for one", () => {
    assert.ok(sameStanding(file("a"), { ...(file("a") as object), size: 9 } as Standing))
    assert.ok(!sameStanding(file("a"), file("a", "executable")))
    assert.ok(!sameStanding(file("a"), file("a", "symlink")))
    assert.ok(!sameStanding(file("a"), { kind: "directory" }))
    assert.ok(sameStanding(null, null))
  })
})
