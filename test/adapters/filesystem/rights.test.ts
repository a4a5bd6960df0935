/** What a user without rights meets. Where the tests run as root, a process of nobody's does this part. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { bundle } from "./support/bundle.ts"
import { fastTemporary } from "./support/stops.ts"

const nobody = 65_534
const isRoot = process.getuid?.() === 0

/** A Node that nobody may run: the checkout may stand where only its owner gets to. */
const runnable = (): string => {
  if (!isRoot) return process.execPath
  const folder = fs.mkdtempSync(join(tmpdir(), "tidemark-node-"))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  const node = join(folder, "node")
  fs.copyFileSync(process.execPath, node)
  fs.chmodSync(node, 0o755)
  fs.chmodSync(folder, 0o755)
  return node
}

describe.runIf(process.platform !== "win32")("a user without rights", () => {
  it("is told what cannot be read, and what may not be changed, and changes nothing", { timeout: 30_000 }, async () => {
    const base = fastTemporary("rights")
    onTestFinished(() => fs.rmSync(base, { recursive: true, force: true }))
    const script = await bundle("nobodyChild", base)
    const root = join(base, "root")
    fs.mkdirSync(join(root, "closed"), { recursive: true })
    fs.mkdirSync(join(root, "fixed/deep"), { recursive: true })
    fs.writeFileSync(join(root, "secret"), "x")
    fs.writeFileSync(join(root, "open"), "x")
    if (isRoot) execFileSync("chown", ["-R", `${nobody}`, base])
    fs.chmodSync(join(root, "secret"), 0)
    fs.chmodSync(join(root, "closed"), 0)
    fs.chmodSync(join(root, "fixed/deep"), 0o555)
    const targets = ["fixed/deep/new.txt", "fixed/deep/sub/new.txt"]
    const user = isRoot ? { uid: nobody, gid: nobody } : {}
    const printed = execFileSync(runnable(), [script, root, ...targets], { ...user, encoding: "utf8" })
    const { scan, results } = JSON.parse(printed)
    expect(scan.entries.map(({ path }: { readonly path: string }) => path)).toEqual([
      "closed",
      "fixed",
      "fixed/deep",
      "open"
    ])
    expect(scan.oddities).toEqual([
      { path: "closed", what: "unreadable", reason: "EACCES" },
      { path: "secret", what: "unreadable", reason: "EACCES" }
    ])
    expect(results).toMatchObject([
      { operation: "apply", path: "fixed/deep", failure: "permission-denied" },
      { operation: "apply", path: "fixed/deep", failure: "permission-denied" },
      { operation: "read", path: "secret", failure: "permission-denied" }
    ])
    expect(fs.readdirSync(root).sort()).toEqual([".tidemark", "closed", "fixed", "open", "secret"])
    expect(fs.readdirSync(join(root, "fixed/deep"))).toEqual([])
  })
})
