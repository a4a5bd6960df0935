/** Laws of what happens around the point of no return. */
import * as Effect from "effect/Effect"
import type { RecoveryOracle } from "../../core/WorkingTree.ts"
import {
  type Field,
  nothingHappened,
  path,
  type Trees,
  type WorkingTreeLaw,
  workingTreeLaw
} from "../WorkingTreeFixture.ts"
import { outcome } from "./treeOutcome.ts"

const before: Trees = { a: "a1", "d/b": "b1", c: "c1" }
const after: Trees = { a: "a2", "n/e": "e2", c: "c1", d: "dir/" }
const lost = { _tag: "lost" as const }

const apply = <E>(field: Field, commit: Effect.Effect<string, E>, oracle: RecoveryOracle<E, never>) =>
  field.service.apply(
    field.root,
    field.request([field.step("a", "a1", "a2"), field.step("d/b", "b1", null), field.step("n/e", null, "e2")], "one"),
    { ...field.hooks(after), commit },
    oracle
  )

const answering = (answer: boolean): RecoveryOracle<never, never> => ({
  store: "laws",
  happened: () => Effect.succeed(answer)
})

const unreachable: RecoveryOracle<typeof lost, never> = { store: "laws", happened: () => Effect.fail(lost) }

const isTree = (field: Field, tree: Trees) =>
  Effect.flatMap(field.reap, (stands) => field.check.equal("tree", stands, field.expected(tree)))

/** The paths that hold this text. */
const holding = (field: Field, text: string) =>
  Effect.map(field.reap, (stands) => {
    const id = field.standing(text)
    return Object.keys(stands).filter((at) => JSON.stringify(stands[at]) === JSON.stringify(id))
  })

/** @internal */
export const treeRecoveryLaws: ReadonlyArray<WorkingTreeLaw> = [
  workingTreeLaw("recover: where nothing was left, nothing is done", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const nothing = { outcome: "nothing", copies: [] }
      yield* field.check.equal("at first", yield* field.service.recover(field.root, nothingHappened), nothing)
      yield* apply(field, Effect.succeed("done"), nothingHappened)
      yield* field.check.equal("after an apply", yield* field.service.recover(field.root, nothingHappened), nothing)
      yield* field.check.equal("again", yield* field.service.recover(field.root, nothingHappened), nothing)
      yield* isTree(field, after)
    })
  ),

  workingTreeLaw("recover: a commit that fails though it happened stays done", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      const { tag } = yield* outcome(apply(field, Effect.fail(lost), answering(true)))
      yield* field.check.equal("failure", tag, "lost")
      yield* isTree(field, after)
      yield* field.service.recover(field.root, nothingHappened)
      yield* isTree(field, after)
    })
  ),

  workingTreeLaw("recover: a commit of which nothing can be known is decided later, either way, once", (field) =>
    Effect.gen(function* () {
      for (const happened of [true, false]) {
        for (const old of ["a", "d", "n", "c"]) yield* field.remove(path(old))
        yield* field.sow(before)
        const failed = yield* outcome(apply(field, Effect.fail(lost), unreachable))
        yield* field.check.equal("failure", failed.tag, "lost")
        const still = yield* outcome(field.service.recover(field.root, unreachable))
        yield* field.check.equal("still unreachable", still.tag, "lost")
        const other = yield* outcome(field.service.recover(field.root, { ...nothingHappened, store: "another" }))
        yield* field.check.equal("another store", other, { tag: "RecoveryBlocked", detail: "other-store" })
        const first = yield* field.service.recover(field.root, answering(happened))
        yield* field.check.equal("first", first.outcome, happened ? "finished" : "put-back")
        const second = yield* field.service.recover(field.root, answering(happened))
        yield* field.check.equal("second", second.outcome, "nothing")
        yield* isTree(field, happened ? after : before)
      }
    })
  ),

  workingTreeLaw("recover: an apply decides first what was left", (field) =>
    Effect.gen(function* () {
      yield* field.sow(before)
      yield* outcome(apply(field, Effect.fail(lost), unreachable))
      const next = field.request([field.step("a", "a1", "a3")], "two")
      yield* field.service.apply(field.root, next, field.hooks({ a: "a3" }), nothingHappened)
      yield* isTree(field, { ...before, a: "a3" })
    })
  ),

  workingTreeLaw(
    "recover: what somebody saved meanwhile stands, and what it would replace is kept beside it",
    (field) =>
      Effect.gen(function* () {
        yield* field.sow(before)
        const saved: Trees = { a: "saved over the new one", "n/e": "saved too", "d/b": "saved where it was removed" }
        const commit = Effect.andThen(field.sow(saved), Effect.fail(lost))
        yield* outcome(apply(field, commit, { ...unreachable, happened: () => Effect.succeed(false) }))
        const stands = yield* field.reap
        for (const [at, sown] of Object.entries(saved)) {
          yield* field.check.equal(at, stands[at], field.standing(sown))
        }
        for (const old of ["a1", "b1"]) {
          const copies = yield* holding(field, old)
          yield* field.check.equal(`copies of ${old}`, copies.length, 1)
          yield* field.check.that(
            "named as such",
            copies.every((at) => at.includes(".tidemark-conflict-"))
          )
        }
        yield* field.check.equal("untouched", stands.c, field.standing("c1"))
      })
  )
]
