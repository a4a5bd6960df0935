/** Rejections are the engine's own errors; what is malformed is refused at the boundary; nothing is thrown. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Memory from "../../src/adapters/memory/index.ts"
import {
  InvalidInput,
  open,
  PlanInvalid,
  PlanStale,
  SnapshotNotFound,
  type Tidemark,
  UnresolvedConflicts,
  VersionNotFound,
  WorkingTreeError
} from "../../src/promise/index.ts"
import { StorageError } from "../../src/storage/index.ts"
import { bytes, files, methodsOf, openMemory, openSqlite, rejection } from "./support/engines.ts"

let tidemark: Tidemark
let hands: Memory.MemoryWorkingTree
beforeAll(async () => {
  ;({ hands, tidemark } = await openMemory())
  await tidemark.snapshots.capture({ collection: "kit", files: files({ "skills/a/SKILL.md": "one\n" }) })
})
afterAll(() => tidemark.close())

const place = { project: "p", root: "p" }
const noId = "0".repeat(64)

describe("errors of the engine", () => {
  it("survive as themselves", async () => {
    const missing = await rejection(tidemark.snapshots.get("nothing"))
    expect(missing).toBeInstanceOf(SnapshotNotFound)
    expect(missing).toMatchObject({ _tag: "SnapshotNotFound", id: "nothing" })
    expect(missing).toBeInstanceOf(Error)
    expect(await rejection(tidemark.versions.get(noId))).toBeInstanceOf(VersionNotFound)
    const nowhere = await rejection(tidemark.drift.check({ project: "p", root: "nowhere" }))
    expect(nowhere).toBeInstanceOf(WorkingTreeError)
    expect(nowhere).toMatchObject({ _tag: "WorkingTreeError", failure: "not-found" })
  })

  it("of a plan that is stale or was edited, though it went through JSON", async () => {
    const plan = await tidemark.deployments.plan({ ...place, collection: "kit" })
    const copy = JSON.parse(JSON.stringify(plan)) as typeof plan
    expect(await rejection(tidemark.sync.apply({ ...copy, reason: "other" }, place))).toBeInstanceOf(PlanInvalid)
    hands.write("p", "skills/a/SKILL.md", "mine\n")
    const stale = await rejection(tidemark.deployments.apply(copy, place))
    expect(stale).toBeInstanceOf(PlanStale)
    expect(stale).toMatchObject({ _tag: "PlanStale", paths: ["skills/a/SKILL.md"] })
  })

  it("list every conflict where a merge is to be clean", async () => {
    const { merge, snapshots, versions } = tidemark
    const states = ["one\n", "two\n", "three\n"]
    const captured = await Promise.all(
      states.map((text, i) => snapshots.capture({ collection: `kit${i}`, files: files({ "skills/b/SKILL.md": text }) }))
    )
    const [base, ...trees] = captured.map(({ artifacts }) => artifacts.find(({ artifact }) => artifact === "skill:b"))
    const heads = await Promise.all(
      trees.map(async (at) => {
        const draft = { artifact: "skill:b", parents: [base?.version ?? ""], origin: "merge", message: "" } as const
        return (await versions.append({ ...draft, tree: at?.tree ?? "" })).version.id
      })
    )
    const open = await rejection(merge.octopus(heads))
    expect(open).toBeInstanceOf(UnresolvedConflicts)
    expect(open).toMatchObject({ conflicts: [{ path: "SKILL.md", kind: "content" }] })
    expect((open as UnresolvedConflicts).message).toMatch(/"SKILL.md" \(content\)/)
  })

  it("come out of an iteration", async () => {
    const iterate = async () => {
      for await (const _ of tidemark.versions.ancestors(noId)) expect.unreachable()
    }
    expect(await rejection(iterate())).toBeInstanceOf(VersionNotFound)
  })

  it("of the storage reject the opening, and leave nothing open", async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), "tidemark-promise-"))
    try {
      fs.writeFileSync(join(folder, "store.db"), "this is no database, whatever its name says\n".repeat(100))
      const error = await rejection(openSqlite(folder))
      expect(error).toBeInstanceOf(StorageError)
      expect(error).toMatchObject({ _tag: "StorageError", reason: { _tag: "StorageCorrupt" } })
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })
})

describe("malformed input", () => {
  const refused = async (promise: Promise<unknown>) => {
    const error = await rejection(promise)
    expect(error).toBeInstanceOf(InvalidInput)
    expect(error).toMatchObject({ _tag: "InvalidInput", reason: expect.stringMatching(/./) })
    return (error as InvalidInput).field
  }
  const wrong = (value: unknown) => value as never

  it("is refused with the field that is wrong", async () => {
    const { conflicts, deployments, drift, ledger, rollback, snapshots, sync, versions } = tidemark
    expect(await refused(versions.get("abc"))).toBe("id")
    expect(await refused(snapshots.get(""))).toBe("id")
    expect(await refused(snapshots.read("x", "../etc/passwd"))).toBe("path")
    expect(await refused(snapshots.diff("x", wrong(undefined)))).toBe("after")
    expect(await refused(drift.check({ project: "", root: "p" }))).toBe("project")
    expect(await refused(drift.check({ project: "p", root: "" }))).toBe("root")
    expect(await refused(drift.check({ ...place, artifacts: ["skill:a", "Skill"] }))).toBe("artifacts.1")
    expect(await refused(drift.check({ ...place, targets: { "skill:a": "/etc" } }))).toBe("targets.skill:a")
    expect(await refused(deployments.plan({ ...place, collection: "kit", at: "a/../.." }))).toBe("at")
    expect(await refused(sync.plan({ ...place, strategy: wrong("rebase") }))).toBe("strategy")
    expect(await refused(sync.plan({ ...place, conflictMarkers: wrong("yes") }))).toBe("conflictMarkers")
    const marked = { ...place, collection: "kit", conflictMarkers: wrong("git") }
    expect(await refused(deployments.plan(marked))).toBe("conflictMarkers")
    expect(await refused(snapshots.restore("x", { root: "p", conflictMarkers: wrong(true) }))).toBe(
      "options.conflictMarkers"
    )
    expect(await refused(snapshots.read("x", "a", { conflictMarkers: wrong(true) }))).toBe("options.conflictMarkers")
    expect(await refused(sync.apply(wrong({}), place))).toMatch(/^plan\./)
    expect(await refused(rollback.plan({ ...place, to: { snapshot: "" } }))).toBe("to.snapshot")
    const resolutions = [{ path: "/a", use: "ours" }] as const
    expect(await refused(conflicts.plan({ ...place, resolutions }))).toBe("resolutions.0.path")
    expect(await refused(ledger.list({ limit: 0.5 }))).toBe("limit")
    expect(await refused(ledger.list({ since: Number.NaN }))).toBe("since")
    expect(await refused(tidemark.merge.trees({ base: null, ours: "x", theirs: noId }))).toBe("ours")
    expect(await refused(snapshots.capture(wrong(undefined)))).toBe("request")
  })

  it("is refused where a choice is not made, or twice", async () => {
    expect(await refused(tidemark.snapshots.capture({ collection: "kit" }))).toBe("root")
    expect(await refused(tidemark.snapshots.capture({ collection: "kit", root: "p", files: [] }))).toBe("root")
    expect(await refused(tidemark.snapshots.list({}))).toBe("collection")
    expect(await refused(tidemark.deployments.history({ project: "p", artifact: "skill:a" }))).toBe("project")
  })

  it("is refused among files, which may come from a generator", async () => {
    function* given(path: string, content: unknown) {
      yield { path: "good.md", bytes: bytes("good\n") }
      yield { path, bytes: wrong(content) }
    }
    const capture = (path: string, content: unknown) =>
      tidemark.snapshots.capture({ collection: "other", files: given(path, content) })
    expect(await refused(capture("a/../b", bytes("b\n")))).toBe("files.1.path")
    expect(await refused(capture("b", "text"))).toBe("files.1.bytes")
    expect((await capture("b", Buffer.from("b\n"))).paths).toBe(2)
  })

  it("is refused in the call's own options", async () => {
    const { ledger, sync } = tidemark
    expect(await refused(ledger.head({ signal: wrong("soon") }))).toBe("call.signal")
    expect(await refused(ledger.head({ onProgress: wrong(1) }))).toBe("call.onProgress")
    expect(await refused(ledger.head({ actor: "" }))).toBe("call.actor")
    expect(await refused(ledger.head(wrong({ reason: "why" })))).toBe("call.reason")
    const plan = await sync.plan(place)
    expect(await refused(sync.apply(plan, place, wrong({ reason: "another" })))).toBe("call.reason")
  })

  it("is refused at opening", async () => {
    const workingTree = Memory.makeWorkingTree().layer
    expect(await refused(open(wrong(undefined)))).toBe("request")
    expect(await refused(open({ storage: wrong({}), workingTree }))).toBe("storage")
    expect(await refused(open({ storage: Memory.layer, workingTree, actor: "" }))).toBe("actor")
    expect(await refused(open({ storage: Memory.layer, workingTree, clock: wrong(1) }))).toBe("clock")
  })

  it("leaves the ledger as it was", async () => {
    const head = await tidemark.ledger.head()
    await refused(tidemark.versions.createTag("skill:a", "x", "y"))
    expect(await tidemark.ledger.head()).toBe(head)
  })
})

describe("whatever is passed", () => {
  it("no method throws; each gives a promise or an iterable, and what it gives rejects or is fulfilled", async () => {
    const nonsense = [undefined, null, 3, "", "x", [], {}, { project: 1 }, Symbol("s")]
    for (const [name, method] of methodsOf(tidemark)) {
      for (const argument of nonsense) {
        const given = method(argument, argument)
        if (given instanceof Promise) await given.catch((error: unknown) => expect(error).toBeInstanceOf(Error))
        else expect(Symbol.asyncIterator in Object(given), name).toBe(true)
      }
    }
  })
})
