/** Opening, closing, aborting, progress. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Memory from "../../src/adapters/memory/index.ts"
import { ledgerHead } from "../../src/core/catalog/names.ts"
import { Closed, RefConflict, type Tidemark } from "../../src/promise/index.ts"
import { type Around, interceptStorage, makeCallCounter } from "../../src/testkit/interceptStorage.ts"
import { files, look, methodsOf, openMemory, openSqlite, rejection } from "./support/engines.ts"

let folder = ""
beforeEach(() => {
  folder = fs.mkdtempSync(join(fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "tidemark-promise-"))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const many = (count: number, said: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`skills/s${i % 40}/${i}.md`, `${said} ${i}\n`] as const))

describe("closing", () => {
  it("happens at the end of a scope", async () => {
    let kept: Tidemark
    {
      await using tidemark = await openSqlite(folder)
      kept = tidemark
      expect(await tidemark.ledger.head()).toBeNull()
    }
    expect(await rejection(kept.ledger.head())).toBeInstanceOf(Closed)
  })

  it("again does nothing, at once or later", async () => {
    const { tidemark } = await openMemory()
    await Promise.all([tidemark.close(), tidemark.close()])
    await tidemark.close()
    await tidemark[Symbol.asyncDispose]()
  })

  it("makes every later call reject, iterations included", async () => {
    const { tidemark } = await openMemory()
    await tidemark.snapshots.capture({ collection: "kit", files: files({ a: "a" }) })
    const started = tidemark.ledger.export()[Symbol.asyncIterator]()
    expect((await started.next()).done).toBe(false)
    await tidemark.close()
    expect(await rejection(started.next())).toMatchObject({ _tag: "Closed" })
    for (const [name, method] of methodsOf(tidemark)) {
      const given = method() as Promise<unknown> | AsyncIterable<unknown>
      const result = given instanceof Promise ? given : given[Symbol.asyncIterator]().next()
      expect(await rejection(result), name).toBeInstanceOf(Closed)
    }
  })

  it("waits for what is under way", async () => {
    const tidemark = await openSqlite(folder)
    const captured = tidemark.snapshots.capture({ collection: "kit", files: files(many(1200, "v1")) })
    await tidemark.close()
    expect((await captured).paths).toBe(1200)
    await using again = await openSqlite(folder)
    expect((await again.snapshots.list({ collection: "kit" })).items).toHaveLength(1)
  })

  it("an iteration that is left early can be begun anew", async () => {
    const { tidemark } = await openMemory()
    await using _ = tidemark
    for (const a of ["1", "2", "3"]) await tidemark.snapshots.capture({ collection: "kit", files: files({ a }) })
    const lines = tidemark.ledger.export()
    for await (const line of lines) {
      expect(line).toContain(`"capture"`)
      break
    }
    let count = 0
    for await (const _line of lines) count += 1
    expect(count).toBe(3)
  })
})

describe("aborting", () => {
  it("before the call rejects and does nothing", async () => {
    const { tidemark } = await openMemory()
    await using _ = tidemark
    const aborted = rejection(
      tidemark.snapshots.capture({ collection: "kit", files: files({ a: "a" }) }, { signal: AbortSignal.abort() })
    )
    expect(await aborted).toMatchObject({ name: "AbortError" })
    expect(await aborted).toBeInstanceOf(DOMException)
    expect(await tidemark.ledger.head()).toBeNull()
    const iterated = tidemark.ledger.export({ signal: AbortSignal.abort() })[Symbol.asyncIterator]().next()
    expect(await rejection(iterated)).toMatchObject({ name: "AbortError" })
  })

  it("for a reason of the host's keeps it", async () => {
    const { tidemark } = await openMemory()
    await using _ = tidemark
    const because = new Error("left")
    const error = await rejection(tidemark.ledger.head({ signal: AbortSignal.abort(because) }))
    expect(error).toMatchObject({ name: "AbortError", cause: because })
    const late = await rejection(
      tidemark.ledger.head({ signal: AbortSignal.abort(new DOMException("", "TimeoutError")) })
    )
    expect(late).toMatchObject({ name: "TimeoutError" })
  })

  it("in the middle of a capture leaves no snapshot, no version and no operation", async () => {
    await using tidemark = await openSqlite(folder)
    const { signal, abort } = controlled()
    const seen: Array<number> = []
    const capture = tidemark.snapshots.capture(
      { collection: "kit", files: files(many(2500, "v1")) },
      {
        signal,
        onProgress: ({ done }) => {
          seen.push(done)
          abort()
        }
      }
    )
    expect(await rejection(capture)).toMatchObject({ name: "AbortError" })
    expect(seen).toEqual([1000])
    expect(await tidemark.ledger.head()).toBeNull()
    expect((await tidemark.snapshots.list({ collection: "kit" })).items).toEqual([])
    expect(await tidemark.versions.branches("skill:s1")).toEqual([])
    expect((await tidemark.ledger.verify()).findings).toEqual([])
    // And it can simply be done again.
    expect((await tidemark.snapshots.capture({ collection: "kit", files: files(many(2500, "v1")) })).paths).toBe(2500)
  })

  it("in the middle of an apply leaves every file as it was, and the engine usable", { timeout: 30_000 }, async () => {
    await using tidemark = await openSqlite(folder)
    const project = join(folder, "project")
    const place = { project: "p", root: project }
    fs.mkdirSync(project)
    await tidemark.snapshots.capture({ collection: "kit", files: files(many(700, "v1")) })
    await tidemark.deployments.apply(await tidemark.deployments.plan({ ...place, collection: "kit" }), place)
    await tidemark.snapshots.capture({ collection: "kit", files: files(many(700, "v2")) })
    const before = look(project)
    const head = await tidemark.ledger.head()
    const plan = await tidemark.sync.plan(place)

    const { signal, abort } = controlled()
    let middle = ""
    const apply = tidemark.sync.apply(plan, place, {
      signal,
      onProgress: ({ done, phase, total }) => {
        if (middle === "" && phase === "apply" && done > 0 && done < total) {
          middle = `${done < total}`
          abort()
        }
      }
    })
    expect(await rejection(apply)).toMatchObject({ name: "AbortError" })
    expect(middle).toBe("true")
    expect(look(project)).toEqual(before)
    expect(await tidemark.ledger.head()).toBe(head)
    expect((await tidemark.drift.check(place)).counts).toMatchObject({ outdated: 700, modified: 0 })
    await tidemark.sync.apply(plan, place)
    expect((await tidemark.drift.check(place)).counts).toMatchObject({ clean: 700, outdated: 0 })
  })
})

describe("what was committed", () => {
  it("is told of a call that succeeds, before it resolves", async () => {
    await using tidemark = await openSqlite(folder)
    const told: Array<string> = []
    const onCommitted = (operation: string) => told.push(operation)
    const { operation } = await tidemark.snapshots.capture(
      { collection: "kit", files: files({ a: "a" }) },
      { onCommitted }
    )
    expect(told).toEqual([operation.id])
    await tidemark.snapshots.list({ collection: "kit" }, { onCommitted })
    expect(told).toHaveLength(1)
  })

  it("is told of a call that is aborted before or after any call of the storage, if and only if it was", async () => {
    const store = await Effect.runPromise(Memory.make)
    let [at, isAfter, abort] = [-1, false, () => {}]
    const cut = Effect.suspend(() => {
      abort()
      return Effect.never
    })
    const around =
      (seen: { calls: number }): Around =>
      (_, run) => {
        if (seen.calls++ !== at) return run
        return isAfter ? Effect.andThen(run, cut) : cut
      }
    const outcomes = { before: 0, after: 0, resolved: 0 }
    for (at = 0; outcomes.resolved === 0; at++) {
      for (isAfter of [false, true]) {
        const { layer: storage } = interceptStorage(store, makeCallCounter(), around({ calls: 0 }))
        const { tidemark } = await openMemory({ storage })
        await using _ = tidemark
        const head = () => Effect.runPromise(store.catalog.refs([ledgerHead]))
        const before = (await head()).get(ledgerHead)
        const controller = new AbortController()
        abort = () => controller.abort()
        const told: Array<string> = []
        const onCommitted = (operation: string) => told.push(operation)
        const capture = tidemark.snapshots.capture(
          { collection: "kit", files: files({ a: `${at} ${isAfter}` }) },
          { signal: controller.signal, onCommitted }
        )
        const outcome = await capture.then(
          () => "resolved",
          (error: Error) => error.name
        )
        const after = (await head()).get(ledgerHead)
        expect(told, `${outcome} at ${at}`).toEqual(after === before ? [] : [after])
        if (outcome !== "resolved") expect(outcome).toBe("AbortError")
        outcomes[outcome === "resolved" ? "resolved" : told.length === 0 ? "before" : "after"]++
      }
    }
    console.log(`aborted before the commit ${outcomes.before} times, after it ${outcomes.after} times`)
    expect(outcomes.before).toBeGreaterThan(5)
    expect(outcomes.after).toBeGreaterThan(0)
  })

  it("is told to a callback whose exception ends the call, and takes nothing back", async () => {
    const { tidemark } = await openMemory()
    await using _ = tidemark
    const mistake = new TypeError("the host's own")
    const onCommitted = () => {
      throw mistake
    }
    const capture = tidemark.snapshots.capture({ collection: "kit", files: files({ a: "a" }) }, { onCommitted })
    expect(await rejection(capture)).toBe(mistake)
    expect(await tidemark.ledger.head()).not.toBeNull()
  })
})

describe("progress", () => {
  it("is told of long operations, phase by phase", async () => {
    const { tidemark } = await openMemory()
    await using _ = tidemark
    const told: Array<string> = []
    const onProgress = ({ done, phase, total }: { phase: string; done: number; total: number }) => {
      told.push(`${phase} ${done}/${total}`)
    }
    await tidemark.snapshots.capture({ collection: "kit", files: files(many(2500, "v1")) }, { onProgress })
    expect(told).toEqual(["store 1000/2500", "store 2000/2500", "store 2500/2500"])
  })

  it("that throws ends the call with what it threw, and nothing half-done", async () => {
    const { tidemark } = await openMemory()
    await using _ = tidemark
    const mistake = new TypeError("the host's own")
    const onProgress = () => {
      throw mistake
    }
    const capture = tidemark.snapshots.capture({ collection: "kit", files: files(many(2500, "v1")) }, { onProgress })
    expect(await rejection(capture)).toBe(mistake)
    expect(await tidemark.ledger.head()).toBeNull()
  })
})

describe("two engines on one SQLite file", () => {
  it("see each other's work, and one of two that race is told", async () => {
    await using one = await openSqlite(folder, { actor: "one" })
    await using two = await openSqlite(folder, { actor: "two" })
    const { versions } = await one.snapshots.capture({ collection: "kit", files: files({ "skills/a/x.md": "1\n" }) })
    const id = versions[0]?.id ?? ""
    expect((await two.versions.get(id)).author).toBe("one")

    const names = Array.from({ length: 10 }, (_, i) => `tag${i}`)
    await Promise.all(names.map((name, i) => (i % 2 === 0 ? one : two).versions.createTag("skill:a", name, id)))
    expect((await one.versions.tags("skill:a")).map(({ name }) => name).sort()).toEqual(names)
    expect((await two.ledger.verify()).findings).toEqual([])

    const results = await Promise.allSettled([
      one.versions.createBranch("skill:a", "main", id),
      two.versions.createBranch("skill:a", "main", id)
    ])
    const lost = results.filter((result) => result.status === "rejected")
    expect(lost).toHaveLength(1)
    expect(lost[0]?.reason).toBeInstanceOf(RefConflict)
    await one.close()
    expect(await two.versions.branches("skill:a")).toHaveLength(2)
  })
})

const controlled = () => {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
