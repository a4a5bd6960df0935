/** Laws of large content: it comes and goes in pieces, and is what it is named as, or nothing happens. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ApplyHooks, streamedAbove } from "../../core/WorkingTree.ts"
import { joinBytes } from "../../model/joinBytes.ts"
import { nothingHappened, path, type Trees, type WorkingTreeLaw, workingTreeLaw } from "../WorkingTreeFixture.ts"

const pieceLimit = 4 * 1024 * 1024

const large = (last: number): Uint8Array => {
  const bytes = new Uint8Array(streamedAbove + 1)
  for (let i = 0; i < bytes.length; i += 997) bytes[i] = i >>> 4
  bytes[streamedAbove] = last
  return bytes
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

/** Hooks that have large content in these pieces alone, and note what they are asked for. */
const inPieces = (
  hooks: ApplyHooks<string, never, never>,
  pieces: ReadonlyArray<Uint8Array>,
  asked: Array<string>
): ApplyHooks<string, never, never> => ({
  ...hooks,
  content: (ids) => {
    asked.push(...ids)
    return hooks.content(ids)
  },
  stream: (id) => {
    asked.push(`stream ${id}`)
    return Stream.fromIterable(pieces)
  }
})

/** @internal */
export const treeStreamLaws: ReadonlyArray<WorkingTreeLaw> = [
  workingTreeLaw("stream: gives what read gives, in pieces, and names what is missing", (field) =>
    Effect.gen(function* () {
      const tree: Trees = { large: large(1), empty: "", "d/small": "small" }
      yield* field.sow(tree)
      for (const at of Object.keys(tree)) {
        const pieces = yield* Stream.runCollect(field.service.stream(field.root, path(at)))
        const whole = (yield* field.service.read(field.root, [path(at)])).get(path(at)) ?? new Uint8Array(1)
        yield* field.check.that(`${at}: the same bytes`, sameBytes(joinBytes(pieces), whole))
        yield* field.check.that(
          `${at}: pieces of at most 4 MiB`,
          pieces.every(({ length }) => length <= pieceLimit)
        )
      }
      for (const at of ["none", "none/deeper", "d"]) {
        const found = yield* Effect.result(Stream.runDrain(field.service.stream(field.root, path(at))))
        yield* field.check.equal(at, found._tag === "Failure" ? found.failure.failure : "nothing", "not-found")
      }
    })
  ),

  workingTreeLaw("apply: large content is asked for in pieces, and placed", (field) =>
    Effect.gen(function* () {
      const [before, after] = [large(1), large(2)]
      yield* field.sow({ changed: before, small: "old" })
      const asked: Array<string> = []
      const pieces = [
        after.subarray(0, 5),
        after.subarray(5, 5),
        after.subarray(5, 3_000_000),
        after.subarray(3_000_000)
      ]
      const hooks = inPieces(field.hooks({ small: "new" }), pieces, asked)
      const steps = [
        field.step("changed", before, after),
        field.step("d/made", null, after),
        field.step("small", "old", "new")
      ]
      yield* field.service.apply(field.root, field.request(steps), hooks, nothingHappened)
      yield* field.check.equal(
        "tree",
        yield* field.reap,
        field.expected({ changed: after, "d/made": after, small: "new" })
      )
      const id = field.standing(after)
      const name = id !== null && id.kind !== "directory" ? id.id : ""
      yield* field.check.that("asked for in pieces alone", asked.includes(`stream ${name}`) && !asked.includes(name))
    })
  ),

  workingTreeLaw("apply: pieces that are other content than was named change nothing", (field) =>
    Effect.gen(function* () {
      const [before, after] = [large(1), large(2)]
      yield* field.sow({ changed: before, small: "old" })
      const steps = [field.step("changed", before, after), field.step("small", "old", "new")]
      for (const pieces of [[before], [after.subarray(1)], []]) {
        const hooks = inPieces(field.hooks({ small: "new" }), pieces, [])
        const done = yield* Effect.result(field.service.apply(field.root, field.request(steps), hooks, nothingHappened))
        const how = done._tag === "Failure" ? done.failure._tag : "applied"
        yield* field.check.equal("failed", how, "WorkingTreeError")
        yield* field.check.equal("tree", yield* field.reap, field.expected({ changed: before, small: "old" }))
      }
    })
  )
]
