/** Push and pull between two stores that know each other by text alone. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { ExchangePeer } from "../../../src/core/exchange/ExchangePeer.ts"
import { peerOf } from "../../../src/core/exchange/ExchangePeer.ts"
import type { ArtifactId, VersionId } from "../../../src/model/Ids.ts"
import {
  counted,
  freshStore,
  heldBy,
  historyOf,
  storedObjects,
  type TalkingStore,
  wire
} from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)

const append = Effect.fnUntraced(function* (
  store: TalkingStore,
  parents: ReadonlyArray<VersionId>,
  files: Readonly<Record<string, string>>,
  branch?: string,
  artifact = pdf
) {
  const tree = yield* store.tree(files)
  const { version } = yield* store.graph.append({
    artifact,
    parents,
    tree,
    origin: parents.length > 1 ? "merge" : "local",
    message: `m${parents.length}`,
    ...(branch === undefined ? {} : { branch: { name: branch } })
  })
  return version.id
})

/** A chain of versions, each with one more line in one file, beside files that stay. */
const chain = Effect.fnUntraced(function* (store: TalkingStore, length: number, from?: VersionId, mark = "") {
  const ids: Array<VersionId> = []
  let last = from
  for (let k = 0; k < length; k++) {
    last = yield* append(
      store,
      last === undefined ? [] : [last],
      {
        "SKILL.md": `# ${mark}${k}\n`,
        "docs/a.md": "a\n",
        "docs/deep/b.md": "b\n",
        [`notes/${mark}${k}.md`]: `${k}\n`
      },
      "main"
    )
    ids.push(last)
  }
  return ids
})

const sound = Effect.fnUntraced(function* (store: TalkingStore) {
  expect((yield* store.ledger.verify()).findings).toEqual([])
})

describe("push and pull", () => {
  it("a pull into an empty store brings the history, its names and its content; a second one nothing", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = yield* chain(a, 5)
        yield* a.graph.createTag(pdf, "v1.0.0", ids[2] as VersionId, { message: "first" })
        const first = yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        expect(first.branches).toMatchObject([{ branch: "main", relation: "theirs-only", moved: true }])
        expect(first.transferred.versions).toBe(5)
        expect(yield* historyOf(b, pdf)).toEqual(yield* historyOf(a, pdf))
        expect(yield* b.exchange.tracked(pdf)).toEqual([
          { artifact: pdf, remote: "origin", branch: "main", version: ids[4] }
        ])
        expect(yield* b.graph.resolve(pdf, "origin/main~1")).toBe(ids[3])
        for (const id of yield* heldBy(a, ids)) expect((yield* b.objects.get([id])).size).toBe(1)
        yield* sound(b)

        const { peer, traffic } = counted(wire(a))
        const second = yield* b.exchange.pull({ peer, remote: "origin" })
        expect(second).toMatchObject({ operation: null, transferred: { versions: 0, objects: 0, bytes: 0 } })
        expect([...traffic.requests]).toEqual([["Names", 1]])
        const [operation] = (yield* b.ledger.list({ kind: "receive" })).items
        expect(b.ledger.describe(operation as never)).toContain("received 5 versions of skill:pdf")
      })
    ))

  it("a push sends exactly what is missing, and asks in proportion to that", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = yield* chain(a, 400)
        yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        const more = yield* chain(b, 3, ids.at(-1), "more")
        const before = yield* storedObjects(a)
        const held = yield* heldBy(b, more)
        const { peer, traffic } = counted(wire(a))
        const pushed = yield* b.exchange.push({ peer })
        expect(pushed.branches).toMatchObject([{ relation: "ahead", ahead: 3, behind: 0, moved: true }])
        const missing = [...held].filter((id) => !before.has(id))
        expect([...traffic.put].sort()).toEqual([...more, ...missing].sort())
        expect(pushed.transferred).toMatchObject({ versions: 3, objects: missing.length })
        expect([...traffic.requests.values()].reduce((sum, count) => sum + count)).toBeLessThan(20)
        expect(yield* historyOf(a, pdf)).toEqual(yield* historyOf(b, pdf))
        yield* sound(a)
      })
    ))

  it("finds what both have where no name tells it, in proportion to the distance", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = yield* chain(a, 600)
        yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        yield* chain(a, 20, ids.at(-1), "a")
        yield* chain(b, 10, ids.at(-1), "b")
        const { peer, traffic } = counted(wire(a))
        const found = yield* b.exchange.compare({ peer })
        expect(found.branches).toMatchObject([
          { relation: "diverged", ahead: 10, behind: 20, mergeBases: [ids.at(-1)] }
        ])
        expect(found.incoming).toBe(20)
        expect(traffic.outlines.length).toBeLessThan(100)
        expect(traffic.given).toEqual([])
      })
    ))

  it("a diverged branch is reported and left; merged, it can be pushed", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const base = yield* append(a, [], { "x.md": "1\n2\n3\n4\n5\n" }, "main")
        yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        const theirs = yield* append(a, [base], { "x.md": "one\n2\n3\n4\n5\n" }, "main")
        const ours = yield* append(b, [base], { "x.md": "1\n2\n3\n4\nfive\n" }, "main")

        const pushed = yield* b.exchange.push({ peer: wire(a) })
        const diverged = { relation: "diverged", ours, theirs, mergeBases: [base], ahead: 1, behind: 1, moved: false }
        expect(pushed).toMatchObject({ operation: null, branches: [diverged] })
        const pulled = yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        expect(pulled.branches).toMatchObject([diverged])
        expect(yield* b.graph.resolve(pdf, "main")).toBe(ours)
        expect(yield* b.graph.resolve(pdf, "origin/main")).toBe(theirs)

        const merged = yield* b.merge.versions(ours, theirs)
        expect(merged.conflicts.length).toBe(0)
        const { version } = yield* b.graph.append({
          artifact: pdf,
          parents: [ours, theirs],
          tree: merged.tree,
          origin: "merge",
          message: "Merge origin/main",
          branch: { name: "main", from: ours }
        })
        const again = yield* b.exchange.push({ peer: wire(a) })
        expect(again.branches).toMatchObject([{ relation: "ahead", ahead: 2, moved: true }])
        expect(yield* a.graph.resolve(pdf, "main")).toBe(version.id)
        yield* sound(a)
        yield* sound(b)
      })
    ))

  it("a conflict's sides go along with it", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const base = yield* append(a, [], { "x.md": "1\n" }, "main")
        const ours = yield* append(a, [base], { "x.md": "ours\n" })
        const theirs = yield* append(a, [base], { "x.md": "theirs\n" })
        const merged = yield* a.merge.versions(ours, theirs)
        expect(merged.conflicts.length).toBe(1)
        const open = yield* a.graph.append({
          artifact: pdf,
          parents: [base],
          tree: merged.tree,
          origin: "merge",
          message: "open",
          branch: { name: "open", from: null }
        })
        yield* b.exchange.pull({ peer: wire(a), remote: "origin", branches: ["open"] })
        expect(yield* b.graph.resolve(pdf, "open")).toBe(open.version.id)
        for (const text of ["1\n", "ours\n", "theirs\n"]) {
          const id = a.objects.identify(new TextEncoder().encode(text))
          expect((yield* b.objects.get([id])).size).toBe(1)
        }
        expect((yield* Effect.flip(b.graph.get(ours)))._tag).toBe("VersionNotFound")
      })
    ))

  it("tags come along with who said what; one that differs is reported, and moves only when forced", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = yield* chain(a, 3)
        yield* a.graph.createTag(pdf, "v1.0.0", ids[0] as VersionId, { message: "first" })
        yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        expect(yield* b.graph.tags(pdf)).toEqual(yield* a.graph.tags(pdf))
        yield* b.graph.createTag(pdf, "v1.0.0", ids[2] as VersionId, { force: true, message: "moved" })

        const refused = yield* b.exchange.push({ peer: wire(a) })
        const different = { artifact: pdf, tag: "v1.0.0", ours: ids[2], theirs: ids[0], relation: "different" }
        expect(refused).toMatchObject({ operation: null, tags: [{ ...different, moved: false }] })
        const pushed = yield* b.exchange.push({ peer: wire(a), forceTags: true })
        expect(pushed.tags).toEqual([{ ...different, moved: true }])
        expect(yield* a.graph.tags(pdf)).toMatchObject([{ version: ids[2], message: "moved" }])
        const operation = yield* a.ledger.get(pushed.operation as never)
        expect(operation.details.forced).toEqual([{ artifact: pdf, tag: "v1.0.0", from: ids[0], to: ids[2] }])
        yield* sound(a)
      })
    ))

  it("a receipt is one operation, and undone like any other", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const ids = yield* chain(a, 2)
        yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        yield* chain(a, 2, ids.at(-1), "x")
        const { operation } = yield* b.exchange.pull({ peer: wire(a), remote: "origin", reason: "daily" })
        expect(yield* b.ledger.get(operation as never)).toMatchObject({ kind: "receive", reason: "daily" })
        yield* b.ledger.apply(yield* b.ledger.planUndo({ operation: operation as never }))
        expect(yield* b.graph.resolve(pdf, "main")).toBe(ids[1])
        expect(yield* b.graph.resolve(pdf, "origin/main")).toBe(ids[1])
        const again = yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        expect(again.transferred.versions).toBe(0)
        expect(yield* historyOf(b, pdf)).toEqual(yield* historyOf(a, pdf))
        yield* sound(b)
      })
    ))

  it("a branch that moves meanwhile is not overwritten", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        const [first = "" as VersionId] = yield* chain(a, 1)
        yield* b.exchange.pull({ peer: wire(a), remote: "origin" })
        yield* chain(b, 1, first, "b")
        const there = wire(a)
        let other: VersionId | undefined
        const racing: ExchangePeer = (request) =>
          Effect.gen(function* () {
            if (request._tag === "Receive") other = (yield* Effect.orDie(chain(a, 1, first, "a")))[0]
            return yield* there(request)
          })
        const error = yield* Effect.flip(b.exchange.push({ peer: racing }))
        expect(error).toMatchObject({ _tag: "RefConflict", expected: first, found: other })
        expect(yield* a.graph.resolve(pdf, "main")).toBe(other)
      })
    ))

  it("keeps to the artifacts and branches that are asked for", () =>
    run(
      Effect.gen(function* () {
        const [a, b] = [yield* freshStore, yield* freshStore]
        yield* chain(a, 2)
        const other = "skill:b/%c" as ArtifactId
        yield* append(a, [], { x: "y" }, "main", other)
        yield* append(a, [], { x: "z" }, "dev/x", other)
        const pulled = yield* b.exchange.pull({ peer: wire(a), remote: "o", artifacts: [other], branches: ["dev/x"] })
        expect(pulled.branches.map(({ artifact, branch }) => [artifact, branch])).toEqual([[other, "dev/x"]])
        expect(yield* b.graph.branches(pdf)).toEqual([])
        expect(yield* b.graph.resolve(other, "o/dev/x")).toBe(yield* a.graph.resolve(other, "dev/x"))
      })
    ))

  it("a name that cannot be one is refused; a peer that throws is unavailable", () =>
    run(
      Effect.gen(function* () {
        const a = yield* freshStore
        for (const remote of ["", "a/b", "x y"]) {
          expect((yield* Effect.flip(a.exchange.pull({ peer: wire(a), remote })))._tag).toBe("InvalidName")
        }
        const error = yield* Effect.flip(
          a.exchange.push({ peer: peerOf(() => Promise.reject(new Error("connection reset"))) })
        )
        expect(error).toMatchObject({ _tag: "PeerError", reason: "unavailable", isRetryable: true })
        expect(error.message).toContain("connection reset")
      })
    ))
})
