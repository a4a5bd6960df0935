/** Draws the picture that the README shows: the history of a skill, with its names and where it is deployed. */
import { makeWorkingTree, layer as memory } from "../src/adapters/memory/index.ts"
import { graphSvg } from "../src/index.ts"
import { open } from "../src/promise/index.ts"

const pdf = "skill:pdf"
let now = Date.UTC(2026, 4, 1)
const files = makeWorkingTree({ kit: {}, site: {}, shop: {} })
await using tidemark = await open({ storage: memory, workingTree: files.layer, actor: "ann", clock: () => now })
const { deployments, snapshots, versions } = tidemark

const capture = async (text: string, message: string, branch?: string) => {
  now += 86_400_000
  files.write("kit", "skills/pdf/SKILL.md", text)
  const named = branch === undefined ? {} : { branch }
  const captured = await snapshots.capture({ collection: "kit", root: "kit", message, ...named })
  const version = captured.versions.find(({ artifact }) => artifact === pdf)
  if (version === undefined) throw new Error(`${message} changed nothing`)
  return version
}
const deploy = async (project: string) => {
  const place = { project, root: project }
  return deployments.apply(await deployments.plan({ ...place, collection: "kit" }), place)
}
const append = async (
  parents: ReadonlyArray<{ readonly id: string }>,
  tree: string,
  message: string,
  branch: string
) => {
  now += 86_400_000
  const origin = parents.length > 1 ? ("merge" as const) : ("local" as const)
  const ids = parents.map(({ id }) => id)
  const { version } = await versions.append({
    artifact: pdf,
    parents: ids,
    tree,
    origin,
    message,
    branch: { name: branch }
  })
  return version
}

const first = await capture("# PDF\n", "Begin")
await versions.createTag(pdf, "v1.0.0", first.id, { message: "First release" })
await deploy("shop")
const forms = await capture("# PDF\n\nFill forms.\n", "Fill forms")
await versions.createBranch(pdf, "tables", forms.id)
const one = await append([forms], first.tree, "Try reading tables", "tables")
const links = await capture("# PDF\n\nFill forms.\n\nFollow links.\n", "Follow links")
await versions.createTag(pdf, "v1.1.0", links.id)
await deploy("site")
const two = await append([one], forms.tree, "Read tables of several pages", "tables")
const merged = await append([links, two], links.tree, "Join tables", "kit")
await versions.createBranch(pdf, "drafts", merged.id)
await append([merged], first.tree, "Ask before it signs", "drafts")
await capture("# PDF\n\nFill forms.\n\nFollow links.\n\nRead tables.\n", "Say what tables are")

process.stdout.write(graphSvg(await versions.graph({ artifact: pdf }), { width: 760 }))
