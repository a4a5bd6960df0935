/** Branches that captures name after collections go to other stores, whatever the collections are called. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import * as Filesystem from "../../../src/adapters/filesystem/FilesystemStorage.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import type { ArtifactId, CollectionId } from "../../../src/model/Ids.ts"
import {
  captureIn,
  freshStore,
  historyOf,
  storedObjects,
  storeOn,
  type TalkingStore,
  wire
} from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId
const strange = ["my kit", "a..b", "~/kit", "-f", "@{kit}", "k:v", "a/b", "ü", "x?[*]"]
const harmful = ["two\nlines", "a\tb", "\u2028", "0".repeat(64), "long".repeat(51)]

const captureAll = Effect.fnUntraced(function* (store: TalkingStore, names: ReadonlyArray<string>) {
  for (const name of names) yield* captureIn(store, name as CollectionId, { "skills/pdf/SKILL.md": `${name}\n` })
})

const branchesOf = (store: TalkingStore) =>
  Effect.map(store.graph.branches(pdf), (branches) => branches.map(({ name }) => name).sort())

describe("branches that are named like their collection", () => {
  it("go from SQLite to a directory and back", { timeout: 60_000 }, () => {
    const directory = mkdtempSync(join(tmpdir(), "tidemark-exchange-"))
    return Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const sqlite = Sqlite.layer({ file: join(directory, "store.db") })
          const files = Filesystem.layer({ directory: join(directory, "store") })
          const a = yield* storeOn(Layer.succeedContext(yield* Layer.build(Layer.orDie(sqlite))))
          const b = yield* storeOn(Layer.succeedContext(yield* Layer.build(Layer.orDie(files))))
          yield* captureAll(a, strange)
          const pulled = yield* b.exchange.pull({ peer: wire(a), remote: "team" })
          expect(pulled.branches.filter(({ moved }) => !moved)).toEqual([])
          expect(pulled.leftOut).toEqual([])
          expect(yield* historyOf(b, pdf)).toEqual(yield* historyOf(a, pdf))
          expect(yield* b.graph.resolve(pdf, "team/my kit")).toBe(yield* a.graph.resolve(pdf, "my kit"))

          // They go on there, and come back.
          yield* b.exchange.push({ peer: wire(a), collections: true })
          const [kit] = (yield* b.graph.branches(pdf)).filter(({ name }) => name === "my kit")
          const tree = yield* b.tree({ "SKILL.md": "on\n" })
          yield* b.graph.append({
            artifact: pdf,
            parents: [kit?.version ?? ("" as never)],
            tree,
            origin: "local",
            message: "on",
            branch: { name: "my kit" }
          })
          const pushed = yield* b.exchange.push({ peer: wire(a) })
          expect(pushed.branches.flatMap(({ branch, moved }) => (moved ? [branch] : []))).toEqual(["my kit"])
          expect(yield* branchesOf(a)).toEqual([...strange].sort())
          for (const store of [a, b]) expect((yield* store.ledger.verify()).findings).toEqual([])
        })
      )
    ).finally(() => rmSync(directory, { recursive: true, force: true }))
  })

  it("stay, and are named, where their names would do harm; all else goes", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const [a, b, c] = [yield* freshStore, yield* freshStore, yield* freshStore]
        yield* captureAll(a, [...harmful, "kit"])
        const objects = yield* storedObjects(a)
        const pulled = yield* b.exchange.pull({ peer: wire(a), remote: "team" })
        const named = (left: typeof pulled.leftOut) => left.map(({ branch }) => branch).sort()
        expect(named(pulled.leftOut)).toEqual([...harmful].sort())
        expect(
          pulled.leftOut.every(({ artifact, ours, reason }) => artifact === pdf && ours === null && reason !== "")
        ).toBe(true)
        expect(yield* branchesOf(b)).toEqual(["kit"])
        expect((yield* b.exchange.tracked(pdf)).map(({ branch }) => branch)).toEqual(["kit"])
        // What only those lead to does not come.
        expect((yield* storedObjects(b)).size).toBeLessThan(objects.size / 2)

        const pushed = yield* a.exchange.push({ peer: wire(c) })
        expect(named(pushed.leftOut)).toEqual([...harmful].sort())
        expect(yield* branchesOf(c)).toEqual(["kit"])
        expect(named((yield* a.exchange.compare({ peer: wire(b) })).leftOut)).toEqual([...harmful].sort())
        // Which branches are meant can be said, and then nothing is left out.
        expect((yield* a.exchange.compare({ peer: wire(b), branches: ["kit"] })).leftOut).toEqual([])
        const again = yield* b.exchange.pull({ peer: wire(a), remote: "team", followDeletions: true })
        expect(again).toMatchObject({ operation: null, gone: [] })
      })
    ))
})
