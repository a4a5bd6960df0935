/** Twenty lines with plain promises, in memory. A program of its own imports `tidemark/promise` and `tidemark/memory`. */
import { type MemoryFile, makeWorkingTree, layer as memory } from "../src/adapters/memory/index.ts"
import { open } from "../src/promise/index.ts"

const files = makeWorkingTree({ kit: { "agents/guide.md": "# Guide\n\nBe brief.\n\nAnswer in English.\n" } })
files.write("home", "notes.md", "mine\n")
await using tidemark = await open({ storage: memory, workingTree: files.layer, actor: "ann" })
const { deployments, drift, ledger, rollback, snapshots, sync } = tidemark

// A collection is captured and deployed into a project.
const home = { project: "home", root: "home" }
const first = await snapshots.capture({ collection: "kit", root: "kit", message: "First edition" })
await deployments.apply(await deployments.plan({ ...home, collection: "kit" }), home)

// Both sides go on: the project's user here, the collection there.
files.write("home", "agents/guide.md", "# Guide\n\nBe brief.\n\nAnswer in French.\n")
files.write("kit", "agents/guide.md", "# House guide\n\nBe brief.\n\nAnswer in English.\n")
await snapshots.capture({ collection: "kit", root: "kit", message: "Second edition" })
const { paths } = await drift.check(home)
for (const { class: found, path } of paths) console.log(`${path}: ${found}`)

// The update merges them, the rollback takes it back, and the user's change survives both.
await sync.apply(await sync.plan(home), home)
show("updated")
await rollback.apply(await rollback.plan({ ...home, to: { snapshot: first.snapshot.id } }), home)
show("rolled back")
for (const operation of (await ledger.list()).items) console.log(ledger.describe(operation))

function show(when: string) {
  const guide = new Map<string, MemoryFile>(files.files("home")).get("agents/guide.md")
  if (guide?.kind === "file") console.log(`${when}: ${JSON.stringify(new TextDecoder().decode(guide.bytes))}`)
}
