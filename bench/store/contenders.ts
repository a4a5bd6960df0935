/** Who is measured: Tidemark on two storages, git as processes, isomorphic-git, and the hash of every file. */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import iso from "isomorphic-git"
import * as Filesystem from "../../src/adapters/filesystem/index.ts"
import * as Sqlite from "../../src/adapters/sqlite/index.ts"
import { type OpenOptions, open } from "../../src/promise/index.ts"
import { filesOf } from "./collections.ts"

/** One store (or repository) of one collection's folder. */
export interface Session {
  readonly capture: () => unknown
  /** Makes the folder one that can be checked; not measured. */
  readonly settle: () => unknown
  readonly check: () => unknown
  /** Makes ready a folder to restore into; not measured. */
  readonly empty: (into: string) => unknown
  readonly restore: (into: string) => unknown
  readonly close: () => unknown
}

export interface Contender {
  readonly name: string
  /** How many processes each operation starts, as far as it does. */
  readonly processes: { readonly capture: number; readonly check: number; readonly restore: number }
  readonly open: (folder: string, root: string) => Promise<Session>
}

const nothing = (): void => undefined
const none = { capture: 0, check: 0, restore: 0 }

const tidemark = (name: string, storage: (folder: string) => OpenOptions["storage"]): Contender => ({
  name,
  processes: none,
  open: async (folder, root) => {
    const engine = await open({
      storage: storage(folder),
      workingTree: Filesystem.layerWorkingTree({ cacheDirectory: join(folder, "cache") }),
      actor: "bench"
    })
    const place = { project: "bench", root }
    let snapshot = ""
    return {
      capture: async () => {
        snapshot = (await engine.snapshots.capture({ collection: "bench", root })).snapshot.id
      },
      // What stands there already is adopted: nothing is written.
      settle: async () =>
        engine.deployments.apply(await engine.deployments.plan({ ...place, collection: "bench" }), place),
      check: async () => {
        const { counts, paths } = await engine.drift.check(place)
        if (counts.clean !== paths.length || paths.length === 0) throw new Error("the project is not clean")
      },
      empty: nothing,
      restore: (into) => engine.snapshots.restore(snapshot, { root: into }),
      close: () => engine.close()
    }
  }
})

export const sqlite = tidemark("tidemark, SQLite", (folder) => Sqlite.layer({ file: join(folder, "store.db") }))
export const filesystem = tidemark("tidemark, files", (folder) =>
  Filesystem.layer({ directory: join(folder, "store") })
)

/** git as nobody has configured it, with nothing running behind our back. */
const environment = {
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "bench",
  GIT_AUTHOR_EMAIL: "bench@example.org",
  GIT_COMMITTER_NAME: "bench",
  GIT_COMMITTER_EMAIL: "bench@example.org"
}
export const runGit = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "gc.auto=0", "-c", "maintenance.auto=false", ...args], {
    env: environment,
    encoding: "utf8",
    maxBuffer: 1 << 28
  })

export const git: Contender = {
  name: "git",
  processes: { capture: 2, check: 1, restore: 1 },
  open: async (folder, root) => {
    const directory = join(folder, "git")
    const at = [`--git-dir=${directory}`, `--work-tree=${root}`]
    runGit(...at, "init", "--quiet")
    fs.writeFileSync(join(directory, "info", "exclude"), ".tidemark/\n")
    return {
      capture: () => {
        runGit(...at, "add", "-A")
        runGit(...at, "commit", "--quiet", "-m", "bench")
      },
      settle: nothing,
      check: () => {
        if (runGit(...at, "status", "--porcelain") !== "") throw new Error("git: the tree is not clean")
      },
      empty: (into) => runGit("clone", "--quiet", "--shared", "--no-checkout", directory, into),
      restore: (into) => runGit("-C", into, "checkout", "--quiet", "HEAD"),
      close: nothing
    }
  }
}

export const isomorphic: Contender = {
  name: "isomorphic-git",
  processes: none,
  open: async (folder, root) => {
    const gitdir = join(folder, "git")
    const at = { fs, dir: root, gitdir }
    await iso.init({ ...at, defaultBranch: "main" })
    fs.mkdirSync(join(gitdir, "info"), { recursive: true })
    fs.writeFileSync(join(gitdir, "info", "exclude"), ".tidemark/\n")
    let first = true
    const author = { name: "bench", email: "bench@example.org" }
    return {
      capture: async () => {
        // Objects and the index are read once an operation: without `cache` it would be slower still.
        const cache = {}
        if (first) await iso.add({ ...at, cache, filepath: "." })
        else {
          const changed = (await iso.statusMatrix({ ...at, cache })).filter(([, , work, stage]) => work !== stage)
          await iso.add({ ...at, cache, filepath: changed.map(([path]) => path) })
        }
        first = false
        await iso.commit({ ...at, cache, author, message: "bench" })
      },
      settle: nothing,
      check: async () => {
        const rows = await iso.statusMatrix({ ...at, cache: {} })
        if (rows.some(([, head, work, stage]) => head !== 1 || work !== 1 || stage !== 1))
          throw new Error("isomorphic-git: the tree is not clean")
      },
      empty: () => fs.rmSync(join(gitdir, "index"), { force: true }),
      restore: (into) => iso.checkout({ fs, dir: into, gitdir, ref: "main", force: true, cache: {} }),
      close: nothing
    }
  }
}

/** Not a version control: what reading and hashing every file costs, which no capture or check without a cache can beat. */
export const floor: Contender = {
  name: "sha256 of every file",
  processes: none,
  open: async (_, root) => {
    const all = () => {
      for (const file of filesOf(root))
        createHash("sha256")
          .update(fs.readFileSync(join(root, file)))
          .digest("hex")
    }
    return { capture: all, settle: nothing, check: all, empty: nothing, restore: nothing, close: nothing }
  }
}
