/** Every service does its work from plain promises. */
import { expect, it } from "vitest"
import { bytes, deterministic, files, openMemory, text } from "./support/engines.ts"

const v1 = {
  "skills/pdf/SKILL.md": "# PDF\n\nRead it.\n\nEnd.\n",
  "skills/pdf/gone.md": "goes\n",
  "agents/bob.md": "# Bob\n\nPolite.\n",
  "README.md": "Read me.\n"
}
const v2 = {
  "skills/pdf/SKILL.md": "# PDF\n\nRead it well.\n\nEnd.\n",
  "agents/bob.md": "# Bob\n\nVery polite.\n",
  "commands/run.md": "Run.\n",
  "README.md": "Read me.\n"
}

it("the main job runs, from capture to undo", async () => {
  const { hands, tidemark } = await openMemory(deterministic())
  await using _ = tidemark
  const { conflicts, deployments, drift, ledger, merge, rollback, snapshots, sync, versions } = tidemark
  const place = { project: "p", root: "p" }
  const local = (path: string) => {
    const file = new Map<string, ReturnType<typeof hands.files> extends ReadonlyMap<string, infer F> ? F : never>(
      hands.files("p")
    ).get(path)
    return file === undefined || file.kind === "directory" ? undefined : text(file.bytes)
  }

  const first = await snapshots.capture({ collection: "kit", files: files(v1), message: "v1" })
  expect(first.artifacts.map(({ artifact }) => artifact)).toEqual(["agent:bob", "rest:files", "skill:pdf"])
  expect(await snapshots.get(first.snapshot.id)).toEqual(first.snapshot)
  expect(text(await snapshots.read(first.snapshot.id, "README.md"))).toBe("Read me.\n")

  const deploy = await deployments.plan({ ...place, collection: "kit" }, { reason: "set up" })
  await deployments.apply(deploy, place)
  expect(local("skills/pdf/SKILL.md")).toBe(v1["skills/pdf/SKILL.md"])
  expect((await deployments.current("p")).map(({ artifact }) => artifact)).toHaveLength(3)
  expect(await deployments.whereDeployed("skill:pdf")).toHaveLength(1)
  expect((await deployments.history({ artifact: "skill:pdf" })).items).toHaveLength(1)

  hands.write("p", "skills/pdf/SKILL.md", "# My PDF\n\nRead it.\n\nEnd.\n")
  hands.write("p", "agents/bob.md", "# Bob\n\nRude.\n")
  const second = await snapshots.capture({ collection: "kit", files: files(v2), message: "v2" })
  expect((await snapshots.list({ collection: "kit" })).items.map(({ id }) => id)).toEqual([
    second.snapshot.id,
    first.snapshot.id
  ])
  expect((await snapshots.diff(first.snapshot.id, second.snapshot.id)).map(({ path }) => path)).toContain(
    "commands/run.md"
  )
  expect(await snapshots.artifacts(second.snapshot.id)).toHaveLength(4)
  expect((await snapshots.paths(second.snapshot.id)).size).toBe(4)

  const before = await drift.check({ ...place, collection: "kit", scope: "collection" })
  expect(before.counts).toMatchObject({ both: 2, clean: 1, addedUpstream: 1, removedUpstream: 1 })

  const update = await sync.plan({ ...place, collection: "kit", scope: "collection" })
  const updated = await sync.apply(update, place)
  expect(local("skills/pdf/SKILL.md")).toBe("# My PDF\n\nRead it well.\n\nEnd.\n")
  expect(local("commands/run.md")).toBe("Run.\n")
  expect(local("skills/pdf/gone.md")).toBeUndefined()

  const [open] = await conflicts.list({ project: "p" })
  expect(open?.path).toBe("agents/bob.md")
  const shown = await conflicts.show({ project: "p", path: "agents/bob.md" })
  expect(text(shown.markers)).toContain("<<<<<<< local")
  const resolutions = [{ path: "agents/bob.md", use: "content", bytes: bytes("# Bob\n\nCurt.\n") }] as const
  const resolved = await conflicts.plan({ ...place, resolutions })
  await conflicts.apply(resolved, place)
  expect(local("agents/bob.md")).toBe("# Bob\n\nCurt.\n")
  expect(await conflicts.list({ project: "p" })).toEqual([])

  const back = await rollback.plan({ ...place, to: { snapshot: first.snapshot.id } })
  const rolled = await rollback.apply(back, place)
  expect(local("skills/pdf/SKILL.md")).toBe("# My PDF\n\nRead it.\n\nEnd.\n")
  expect(local("commands/run.md")).toBeUndefined()

  const undo = await ledger.planUndo({ operation: rolled.operation.id, root: "p" })
  const undone = await ledger.apply(undo, place)
  expect(local("skills/pdf/SKILL.md")).toBe("# My PDF\n\nRead it well.\n\nEnd.\n")
  await ledger.apply(await ledger.planRedo({ operation: undone.operation.id, root: "p" }), place)
  expect(local("skills/pdf/SKILL.md")).toBe("# My PDF\n\nRead it.\n\nEnd.\n")

  const operations = (await ledger.list({ direction: "oldest" })).items
  const story = ["capture", "deploy", "capture", "update", "resolve", "rollback", "undo", "redo"]
  expect(operations.map(({ kind }) => kind)).toEqual(story)
  expect(operations.every(({ actor }) => actor === "ann")).toBe(true)
  expect(operations[1]?.reason).toBe("set up")
  expect(ledger.describe(updated.operation)).toContain("ann updated p")
  expect((await ledger.get(updated.operation.id)).id).toBe(updated.operation.id)
  expect(await ledger.head()).toBe(operations.at(-1)?.id)
  expect((await ledger.verify({ knownHead: operations.at(-1)?.id })).findings).toEqual([])
  const lines: Array<string> = []
  for await (const line of ledger.export()) lines.push(line)
  expect(lines).toHaveLength(story.length)

  const [now, then] = (await versions.history({ artifact: "skill:pdf", branch: "kit" })).versions
  expect((await versions.parents(now?.id ?? "")).map(({ id }) => id)).toEqual([then?.id])
  expect(await versions.isAncestor(then?.id ?? "", now?.id ?? "")).toBe(true)
  expect(await versions.aheadBehind(now?.id ?? "", then?.id ?? "")).toMatchObject({ ahead: 1, behind: 0 })
  expect(await versions.mergeBases(now?.id ?? "", then?.id ?? "")).toEqual([then?.id])
  await versions.createTag("skill:pdf", "1.0", then?.id ?? "", undefined, { reason: "released", actor: "bob" })
  const [tagged] = (await ledger.list({ limit: 1 })).items
  expect(tagged).toMatchObject({ actor: "bob", reason: "released", kind: "tag" })
  expect(await versions.resolve("skill:pdf", "1.0")).toBe(then?.id)
  const ancestors: Array<string> = []
  for await (const version of versions.ancestors(now?.id ?? "")) ancestors.push(version.id)
  expect(ancestors).toEqual([then?.id])
  expect(versions.text(await versions.graph({ artifact: "skill:pdf" }))).toContain("tag: 1.0")

  expect(text(merge.text("a\n", "b\n", "a\n").bytes)).toBe("b\n")
  const trees = { base: then?.tree ?? null, ours: now?.tree ?? "", theirs: then?.tree ?? "" }
  expect((await merge.trees(trees)).tree).toBe(now?.tree)
  expect((await merge.versions(now?.id ?? "", then?.id ?? "")).conflicts).toEqual([])

  const retire = await deployments.planRetire({ ...place, artifacts: ["skill:pdf"] })
  await deployments.apply(retire, place)
  expect((await deployments.current("p")).some(({ artifact }) => artifact === "skill:pdf")).toBe(false)
})

it("the same clock and the same ids give the same names", async () => {
  const run = async () => {
    const { tidemark } = await openMemory(deterministic())
    await using _ = tidemark
    await tidemark.snapshots.capture({ collection: "kit", files: files(v1) })
    const plan = await tidemark.deployments.plan({ project: "p", root: "p", collection: "kit" })
    await tidemark.deployments.apply(plan, { root: "p" })
    return tidemark.ledger.head()
  }
  expect(await run()).toBe(await run())
})

it("what a host decides at opening holds for every call", async () => {
  const { hands, tidemark } = await openMemory({
    ignore: ["*.log"],
    textPolicy: "none",
    layout: { rules: [{ pattern: "parts/{name}/", type: "part" }], rest: "rest:other" }
  })
  await using _ = tidemark
  hands.write("c", "parts/one/a.md", "a\n")
  hands.write("c", "parts/one/a.log", "secret\n")
  const captured = await tidemark.snapshots.capture({ collection: "c", root: "c" })
  expect(captured.artifacts.map(({ artifact }) => artifact)).toEqual(["part:one"])
  expect(captured.paths).toBe(1)
  const plan = await tidemark.deployments.plan({ project: "p", root: "p", collection: "c" })
  await tidemark.deployments.apply(plan, { root: "p" })
  hands.write("p", "parts/one/a.md", "a\r\n")
  expect((await tidemark.drift.check({ project: "p", root: "p" })).counts).toMatchObject({ modified: 1, eolOnly: 0 })
})

it("a conflict is decided hunk by hunk", async () => {
  const { hands, tidemark } = await openMemory()
  await using _ = tidemark
  const place = { project: "p", root: "p" }
  const edition = (word: string) => files({ "agents/a.md": `# A\n\n${word}\n\nEnd.\n` })
  await tidemark.snapshots.capture({ collection: "kit", files: edition("One.") })
  await tidemark.deployments.apply(await tidemark.deployments.plan({ ...place, collection: "kit" }), place)
  hands.write("p", "agents/a.md", "# A\n\nMine.\n\nEnd.\n")
  await tidemark.snapshots.capture({ collection: "kit", files: edition("Two.") })
  await tidemark.sync.apply(await tidemark.sync.plan(place), place)
  const plan = await tidemark.conflicts.plan({
    ...place,
    resolutions: [{ path: "agents/a.md", hunks: [{ hunk: 0, use: "ours-then-theirs" }] }]
  })
  await tidemark.conflicts.apply(plan, place)
  expect(await tidemark.conflicts.list({ project: "p" })).toEqual([])
  const [file] = [...hands.files("p")].filter(([path]) => path.endsWith("a.md")).map(([, found]) => found)
  expect(file?.kind === "file" && text(file.bytes)).toBe("# A\n\nMine.\nTwo.\n\nEnd.\n")
})
