import { assert, describe, it } from "@effect/vitest"
import { type Decision, decide, type SameContent } from "../../../src/algo/merge/decide.ts"
import { planTreeMerge, withoutRenames } from "../../../src/algo/merge/planTreeMerge.ts"
import { surveyTrees } from "../../../src/algo/merge/surveyTrees.ts"
import { buildTrees } from "../../../src/algo/tree/buildTrees.ts"
import { editTree } from "../../../src/algo/tree/editTree.ts"
import type { ObjectId } from "../../../src/model/Ids.ts"
import type { Entry, EntryKind } from "../../../src/model/Tree.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { nastyEntry, nastyFlat, put, sha256 } from "../tree/nastyTrees.ts"

const seed = runSeed()

const entry = (kind: EntryKind, name: string): Entry => ({
  kind,
  id: name.padEnd(64, "0") as ObjectId,
  size: kind === "file" || kind === "executable" ? 1 : 0
})

const universe: ReadonlyArray<Entry | null> = [
  null,
  ...["a", "b", "c"].map((name) => entry("file", name)),
  ...["a", "b"].map((name) => entry("executable", name)),
  ...["a", "b", "c"].map((name) => entry("symlink", name)),
  ...["1", "2", "3"].map((name) => entry("directory", name))
]
const none: SameContent = () => false
const all: SameContent = () => true
const same = (a: Entry | null, b: Entry | null) => a?.kind === b?.kind && a?.id === b?.id

const triples = function* () {
  for (const base of universe)
    for (const ours of universe) for (const theirs of universe) yield [base, ours, theirs] as const
}

/** What a decision comes to, without the words and without whose it was. */
const plain = (decision: Decision): unknown => {
  if (decision._tag === "Take") return { _tag: "Take", entry: decision.entry }
  if (decision._tag === "Conflict") return { _tag: "Conflict", kind: decision.kind }
  if (decision._tag === "Replace") return { _tag: "Replace" }
  return decision
}

describe("deciding one name", () => {
  it("a side that did not change gives way, and an equal change is taken once", () => {
    for (const a of universe) {
      for (const b of universe) {
        for (const decision of [decide(a, a, b, none), decide(a, b, a, none), decide(a, b, b, none)]) {
          assert.strictEqual(decision._tag, "Take")
          assert.ok(decision._tag === "Take" && same(decision.entry, b))
        }
      }
    }
  })

  it("is the same from either side, but for line endings", () => {
    for (const [base, ours, theirs] of triples()) {
      const [one, other] = [decide(base, ours, theirs, none), decide(base, theirs, ours, none)]
      const swapped = other._tag === "Content" && other.modeConflict ? { ...other, kind: ours?.kind } : plain(other)
      assert.deepStrictEqual(plain(one), swapped, JSON.stringify([base, ours, theirs]))
    }
  })

  it("where both sides changed a thing differently, nothing of either is given up without a word", () => {
    for (const [base, ours, theirs] of triples()) {
      if (same(base, ours) || same(base, theirs) || same(ours, theirs)) continue
      const decision = decide(base, ours, theirs, none)
      if (decision._tag !== "Take") continue
      const { entry: taken } = decision
      // What may be taken: the union of a change of content and one of the bit, or what came after a common removal.
      for (const side of [ours, theirs]) {
        const removal = side === null && base !== null && (base.kind === "directory") !== (taken?.kind === "directory")
        const content = taken?.id === side?.id || side?.id === base?.id
        const kind = taken?.kind === side?.kind || side?.kind === base?.kind
        assert.ok(removal || (content && kind), JSON.stringify([base, ours, theirs, decision]))
      }
    }
  })

  it("texts that are alike but for their endings are no change: ours stands", () => {
    const [a, b] = [entry("file", "a"), entry("file", "b")]
    const taken = (decision: Decision) => (decision._tag === "Take" ? decision.entry : decision._tag)
    assert.deepStrictEqual(taken(decide(null, a, b, all)), a)
    assert.deepStrictEqual(taken(decide(entry("file", "c"), a, b, all)), a)
    // Removed on one side, only its endings changed on the other: it stays removed.
    assert.strictEqual(taken(decide(a, b, null, all)), null)
    assert.strictEqual(taken(decide(a, null, b, all)), null)
    // A link's target is no text.
    const links = [entry("symlink", "a"), entry("symlink", "b"), entry("symlink", "c")] as const
    assert.strictEqual(decide(...links, all)._tag, "Conflict")
  })

  it("has a reason for everything it settles", () => {
    for (const [base, ours, theirs] of triples()) {
      const decision = decide(base, ours, theirs, none)
      if (decision._tag === "Take" || decision._tag === "Conflict") assert.match(decision.reason, /^[a-z ,;:'“”]+$/)
    }
  })
})

describe(`planning a merge of trees (seed ${seed})`, () => {
  const merged = (
    ...sides: readonly [ReturnType<typeof nastyFlat>, ReturnType<typeof nastyFlat>, ReturnType<typeof nastyFlat>]
  ) => {
    const [base, ours, theirs] = sides.map((side) => buildTrees(side, sha256))
    if (base === undefined || ours === undefined || theirs === undefined) throw new Error("three sides")
    const trees = new Map(
      [base, ours, theirs].flatMap((side) => [...side.trees].map(([id, { entries }]) => [id, entries] as const))
    )
    const roots = { base: base.root, ours: ours.root, theirs: theirs.root }
    const survey = surveyTrees(trees, roots, { renames: false, into: new Set() })
    assert.deepStrictEqual(survey.unread, [])
    const facts = { trees, roots, survey, renames: withoutRenames, directories: "stay", apart: false } as const
    const plan = planTreeMerge(facts, none)
    return { base, ours, theirs, trees, plan }
  }

  it("with one side unchanged, the result is the other side", () => {
    const random = makeRandom(seed)
    for (let i = 0; i < 60; i++) {
      const flat = nastyFlat(random)
      const changed = new Map(flat)
      for (let n = random.below(6); n > 0; n--) {
        const paths = [...changed.keys()]
        const path = random.pick(paths.length > 0 ? paths : ["a" as never])
        if (random.chance(0.4)) changed.delete(path)
        else put(changed, random.chance(0.3) ? (`${path}/x` as never) : path, nastyEntry(random))
      }
      for (const [ours, theirs] of [
        [flat, changed],
        [changed, flat],
        [changed, changed]
      ] as const) {
        const { plan, trees, ...roots } = merged(flat, ours, theirs)
        const edits = plan.paths.map(({ outcome, path }) => {
          assert.strictEqual(outcome._tag, "Take")
          return [path, outcome._tag === "Take" ? outcome.entry : null] as const
        })
        const { root } = editTree(trees, roots.ours.root, edits, plan.keep, sha256)
        const wanted = buildTrees(changed, sha256).root
        // A directory that is empty on one side alone is nobody's removal, and may stay.
        if (plan.keep.size === 0) assert.strictEqual(root, wanted)
      }
    }
  })

  it("looks at nothing that all sides share", () => {
    const flat = nastyFlat(makeRandom(seed + 1))
    assert.deepStrictEqual(merged(flat, flat, flat).plan.paths, [])
  })
})
