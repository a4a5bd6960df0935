/** The main job on a real skill collection: two releases, and an edited copy of the first. */
import { createHash } from "node:crypto"
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Tidemark from "../../src/index.ts"
import { differing, readFiles } from "../support/files.ts"
import { replaceProject, runEngine, unpackAgents } from "../support/realAgents.ts"
import { sharedFolder, sharedPath } from "../support/shared.ts"

const collection = Tidemark.CollectionId.make("agents")
const project = Tidemark.ProjectId.make("demo")
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const path = (text: string) => Tidemark.FilePath.make(text)
const localOnly = [".env", "notes/todo.md"]

let real: ReturnType<typeof unpackAgents>
beforeAll(() => {
  if (sharedFolder === undefined) return
  real = unpackAgents(join(sharedFolder, "real/agents"))
})
afterAll(() => real?.remove())

/** Captures `v1`, deploys it, lets the user's copy stand there, and captures `v2`. */
const prepare = Effect.fnUntraced(function* (root: string) {
  const snapshots = yield* Tidemark.SnapshotStore
  const deployments = yield* Tidemark.DeploymentTracker
  const v1 = yield* snapshots.capture({ collection, root: real.v1, message: "v1" })
  const plan = yield* deployments.plan({ project, root, collection })
  yield* deployments.apply(plan, { root })
  expect(differing(readFiles(real.v1), readFiles(root))).toEqual([])
  replaceProject(root, real.local)
  const v2 = yield* snapshots.capture({ collection, root: real.v2, message: "v2" })
  return { v1: v1.snapshot, v2: v2.snapshot }
})

const update = Effect.fnUntraced(function* (root: string) {
  const sync = yield* Tidemark.Sync
  const plan = yield* sync.plan({ project, root, collection, scope: "collection" })
  return { plan, applied: yield* sync.apply(plan, { root }) }
})

const fresh = (name: string) => {
  const root = join(real.directory, name)
  const store = join(real.directory, `${name}.db`)
  for (const old of [root, store, `${store}-wal`, `${store}-shm`]) rmSync(old, { recursive: true, force: true })
  mkdirSync(root)
  return { root, store }
}

describe.skipIf(sharedFolder === undefined)("the main job on real input", { timeout: 120_000 }, () => {
  it("sees each path's drift, before the update", async (context) => {
    sharedPath(context, "real/agents")
    const { root, store } = fresh("drift")
    const counts = await runEngine(
      store,
      Effect.gen(function* () {
        yield* prepare(root)
        const before = readFiles(root)
        const drift = yield* Tidemark.DriftDetector
        const found = yield* drift.check({ project, root, collection, scope: "collection" })
        const again = yield* drift.check({ project, root, collection, scope: "collection" })
        expect(again).toEqual(found)
        expect(differing(before, readFiles(root))).toEqual([])
        expect(found.paths.length).toBe(1162)
        expect(found.paths.filter(({ class: name }) => name === "localOnly").map((row) => row.path)).toEqual(localOnly)
        return found.counts
      })
    )
    expect(counts).toEqual({
      clean: 217,
      outdated: 178,
      modified: 25,
      both: 67,
      converged: 111,
      eolOnly: 6,
      deleted: 7,
      addedUpstream: 545,
      removedUpstream: 4,
      conflicted: 0,
      localOnly: 2
    })
  })

  it("merges as git does, file by file, under the policy `none`", async (context) => {
    sharedPath(context, "real/agents")
    const { root, store } = fresh("merge")
    const { conflicts } = await runEngine(
      store,
      Effect.gen(function* () {
        yield* prepare(root)
        yield* update(root)
        const found = yield* (yield* Tidemark.Conflicts).list({ project })
        return { conflicts: found.map((conflict) => conflict.path as string).sort() }
      }),
      "none"
    )
    expect(conflicts).toEqual([...real.expected.conflictedPaths].sort())
    const files = readFiles(root)
    const local = readFiles(real.local)
    const names = Object.keys(real.expected.files)
    expect(names.length).toBe(1151)
    expect([...files.keys()].sort()).toEqual(names.sort())
    const different = names.filter((name) => {
      const file = files.get(name)
      if (file === undefined) return true
      if (conflicts.includes(name)) return !file.bytes.equals(local.get(name)?.bytes ?? Buffer.alloc(0))
      const wanted = real.expected.files[name]
      return file.mode !== wanted?.mode || sha256(file.bytes) !== wanted.sha256
    })
    expect(different).toEqual([])
    const modes = names.map((name) => files.get(name)?.mode)
    expect(modes.filter((mode) => mode === "100755").length).toBe(7)
    expect(modes.filter((mode) => mode === "120000").length).toBe(1)
  })

  it("loses nothing in a second update while conflicts are open", async (context) => {
    sharedPath(context, "real/agents")
    const { root, store } = fresh("second")
    const v3 = join(real.directory, "v3")
    cpSync(real.v2, v3, { recursive: true, verbatimSymlinks: true })
    const [first = "", second = ""] = real.expected.conflictedPaths
    const clean = "README.md"
    for (const name of [first, second, clean]) appendFileSync(join(v3, name), "\nAdded in v3, at the end.\n")
    writeFileSync(join(v3, "NEW-IN-V3.md"), "new\n")
    await runEngine(
      store,
      Effect.gen(function* () {
        const snapshots = yield* Tidemark.SnapshotStore
        const conflicts = yield* Tidemark.Conflicts
        yield* prepare(root)
        yield* update(root)
        // The 25 conflicted files hold the user's bytes.
        const local = readFiles(real.local)
        const open = yield* conflicts.list({ project })
        expect(open.length).toBe(25)
        for (const { path } of open)
          expect(readFileSync(join(root, path)).equals(local.get(path)?.bytes as Buffer)).toBe(true)
        yield* snapshots.capture({ collection, root: v3, message: "v3" })
        yield* update(root)
        const again = yield* conflicts.list({ project })
        expect(again.map(({ path }) => path)).toEqual(open.map(({ path }) => path))
        expect(readFileSync(join(root, "NEW-IN-V3.md"), "utf8")).toBe("new\n")
        expect(readFileSync(join(root, clean), "utf8")).toContain("Added in v3")
        for (const { base, ours, path, theirs } of yield* Effect.forEach(again, ({ path }) =>
          conflicts.show({ project, path })
        )) {
          expect(Buffer.from(ours ?? [])).toEqual(local.get(path)?.bytes)
          expect(Buffer.from(theirs ?? [])).toEqual(readFileSync(join(v3, path)))
          expect(Buffer.from(base ?? [])).toEqual(readFileSync(join(real.v1, path)))
        }
      })
    )
  })

  it("leaves local-only files alone and keeps a secret out of the store", async (context) => {
    sharedPath(context, "real/agents")
    const { root, store } = fresh("secret")
    const secret = "TOKEN=correct-horse-battery-staple-8861\n"
    const left = await runEngine(
      store,
      Effect.gen(function* () {
        const rollback = yield* Tidemark.Rollback
        const ledger = yield* Tidemark.Ledger
        const { v1 } = yield* prepare(root)
        writeFileSync(join(root, ".env"), secret)
        const todo = readFileSync(join(root, "notes/todo.md"))
        const untouched = () => {
          expect(readFileSync(join(root, ".env"), "utf8")).toBe(secret)
          expect(readFileSync(join(root, "notes/todo.md")).equals(todo)).toBe(true)
        }
        yield* update(root)
        untouched()
        const plan = yield* rollback.plan({ project, root, to: { snapshot: v1.id } })
        const rolled = yield* rollback.apply(plan, { root })
        untouched()
        const undo = yield* ledger.planUndo({ operation: rolled.operation.id, root })
        yield* ledger.apply(undo, { root })
        untouched()
        return true
      })
    )
    expect(left).toBe(true)
    for (const suffix of ["", "-wal"]) {
      let bytes = Buffer.alloc(0)
      try {
        bytes = readFileSync(store + suffix)
      } catch {
        continue
      }
      expect(bytes.includes(Buffer.from(secret.trim()))).toBe(false)
      expect(bytes.includes(Buffer.from(sha256(Buffer.from(secret))))).toBe(false)
    }
  })

  it("keeps a copy's line endings and sees no conflict in them", async (context) => {
    sharedPath(context, "real/agents")
    const { root, store } = fresh("endings")
    await runEngine(
      store,
      Effect.gen(function* () {
        const drift = yield* Tidemark.DriftDetector
        yield* prepare(root)
        const found = yield* drift.check({ project, root, collection })
        const v1 = readFiles(real.v1)
        const v2 = readFiles(real.v2)
        const crlf = (bytes: Buffer) => Buffer.from(bytes.toString("utf8").replaceAll("\n", "\r\n"))
        const candidates = found.paths
          .filter((row) => row.class === "outdated" && row.path.endsWith(".md"))
          .map((row) => row.path as string)
          .filter((name) => {
            const [a, b] = [v1.get(name)?.bytes, v2.get(name)?.bytes]
            if (a === undefined || b === undefined || a.includes("\r")) return false
            // Upstream left the end alone, so that a line of the user's own there is no conflict.
            const [mine, theirs] = [a, b].map((bytes) => bytes.toString("utf8").split("\n"))
            return (mine?.length ?? 0) > 40 && mine?.slice(-8).join("\n") === theirs?.slice(-8).join("\n")
          })
        const [plain = "", edited = "", third = "", mixed = ""] = candidates
        for (const name of [plain, third]) writeFileSync(join(root, name), crlf(v1.get(name)?.bytes as Buffer))
        writeFileSync(
          join(root, edited),
          Buffer.concat([crlf(v1.get(edited)?.bytes as Buffer), Buffer.from("My own line.\r\n")])
        )
        const half = v1.get(mixed)?.bytes.toString("utf8").split("\n") ?? []
        writeFileSync(join(root, mixed), half.map((line, at) => (at < 3 ? `${line}\r` : line)).join("\n"))

        const { plan } = yield* update(root)
        const planned = new Map(plan.paths.map((row) => [row.path as string, row]))
        for (const name of [plain, third]) {
          expect(planned.get(name)?.class).toBe("outdated")
          expect(readFileSync(join(root, name)).equals(crlf(v2.get(name)?.bytes as Buffer))).toBe(true)
          expect(planned.get(name)?.reason).toContain("CRLF")
        }
        expect(planned.get(edited)?.action).not.toBe("conflict")
        const result = readFileSync(join(root, edited), "utf8")
        expect(result.endsWith("My own line.\r\n")).toBe(true)
        expect(result.replaceAll("\r\n", "").includes("\n")).toBe(false)
        // Mixed endings are bytes: an edit like any other, and no line of it is lost.
        expect(planned.get(mixed)?.class).toBe("both")
      })
    )
  })

  it("rolls back to v1 and keeps what the user had changed; undo gives the update back", async (context) => {
    sharedPath(context, "real/agents")
    const { root, store } = fresh("rollback")
    await runEngine(
      store,
      Effect.gen(function* () {
        const rollback = yield* Tidemark.Rollback
        const ledger = yield* Tidemark.Ledger
        const { v1 } = yield* prepare(root)
        yield* update(root)
        const updated = readFiles(root)
        const plan = yield* rollback.plan({ project, root, to: { snapshot: v1.id } })
        const rolled = yield* rollback.apply(plan, { root })
        const files = readFiles(root)
        const [released, local, second] = [readFiles(real.v1), readFiles(real.local), readFiles(real.v2)]
        const edited = [...released.keys()].filter((name) => {
          const mine = local.get(name)
          return mine === undefined || !mine.bytes.equals(released.get(name)?.bytes as Buffer)
        })
        expect(edited.length).toBe(216)
        for (const name of edited) expect(files.get(name)).toEqual(local.get(name))
        for (const name of released.keys())
          if (!edited.includes(name)) expect(files.get(name)).toEqual(released.get(name))
        const additions = [...second.keys()].filter((name) => !released.has(name) && !local.has(name))
        expect(additions.filter((name) => files.has(name))).toEqual([])
        const undo = yield* ledger.planUndo({ operation: rolled.operation.id, root })
        yield* ledger.apply(undo, { root })
        expect(differing(updated, readFiles(root))).toEqual([])
        expect((yield* ledger.verify({})).findings).toEqual([])
      })
    )
  })

  it("keeps edits made after the update, one per class, through a rollback", async (context) => {
    sharedPath(context, "real/agents")
    const { root, store } = fresh("later")
    await runEngine(
      store,
      Effect.gen(function* () {
        const rollback = yield* Tidemark.Rollback
        const ledger = yield* Tidemark.Ledger
        const { v1 } = yield* prepare(root)
        const { plan } = yield* update(root)
        const classes = ["clean", "outdated", "modified", "both", "converged", "eolOnly", "addedUpstream", "localOnly"]
        const conflicted = new Set(plan.paths.filter(({ action }) => action === "conflict").map((row) => row.path))
        const chosen = new Map<string, string>()
        for (const name of classes) {
          const row =
            name === "localOnly"
              ? path("notes/todo.md")
              : plan.paths.find(
                  (planned) =>
                    planned.class === name &&
                    planned.path.endsWith(".md") &&
                    !conflicted.has(planned.path) &&
                    planned.after !== null
                )?.path
          if (row !== undefined) chosen.set(name, row)
        }
        expect([...chosen.keys()]).toEqual(classes)
        const line = (name: string) => `A later edit of a file that was ${name}.`
        for (const [name, file] of chosen) appendFileSync(join(root, file), `\n${line(name)}\n`)
        const edited = readFiles(root)
        const back = yield* rollback.plan({ project, root, to: { snapshot: v1.id } })
        const rolled = yield* rollback.apply(back, { root })
        for (const [name, file] of chosen) expect(readFileSync(join(root, file), "utf8")).toContain(line(name))
        // What no later edit touched is as in the rollback without edits.
        const [released, local, files] = [readFiles(real.v1), readFiles(real.local), readFiles(root)]
        const touched = new Set(chosen.values())
        for (const name of released.keys()) {
          if (touched.has(name)) continue
          const mine = local.get(name)
          expect([name, files.get(name)]).toEqual([name, mine])
        }
        const undo = yield* ledger.planUndo({ operation: rolled.operation.id, root })
        yield* ledger.apply(undo, { root })
        expect(differing(edited, readFiles(root))).toEqual([])
      })
    )
  })

  it("gives the same ids when it runs again with the same clock and ids", async (context) => {
    sharedPath(context, "real/agents")
    const run = async (name: string) => {
      const { root, store } = fresh(name)
      return runEngine(
        store,
        Effect.gen(function* () {
          const ledger = yield* Tidemark.Ledger
          yield* prepare(root)
          const { plan } = yield* update(root)
          const page = yield* ledger.list({ limit: 1000 })
          return { plan: plan.id, operations: page.items.map(({ id }) => id) }
        })
      )
    }
    expect(await run("again")).toEqual(await run("again"))
  })
})
