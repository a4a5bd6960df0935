/** Places on a real disk for tests. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import {
  makeSteppedWorkingTree,
  type SteppedOptions
} from "../../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { joinOs } from "../../../../src/adapters/filesystem/osPath.ts"
import type { WorkingTreePlace } from "../../../../src/testkit/WorkingTreeFixture.ts"

/** A folder that is removed with the scope. */
export const temporary: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "tidemark-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

const makeParents = (root: string, path: string): void => {
  if (path.includes("/")) fs.mkdirSync(joinOs(root, path.slice(0, path.lastIndexOf("/"))), { recursive: true })
}

/** The hands of somebody who edits a folder. */
export const handsIn = (root: string): Pick<WorkingTreePlace, "write" | "symlink" | "mkdir" | "remove"> => ({
  write: (path, bytes, options) =>
    Effect.sync(() => {
      makeParents(root, path)
      fs.writeFileSync(joinOs(root, path), bytes)
      if (options?.executable === true) fs.chmodSync(joinOs(root, path), 0o755)
    }),
  symlink: (path, target) =>
    Effect.sync(() => {
      makeParents(root, path)
      fs.symlinkSync(target, joinOs(root, path))
    }),
  mkdir: (path) =>
    Effect.sync(() => {
      fs.mkdirSync(joinOs(root, path), { recursive: true })
    }),
  remove: (path) => Effect.sync(() => fs.rmSync(joinOs(root, path), { recursive: true, force: true }))
})

/** A fresh root of a working tree. */
export const place = (options?: SteppedOptions): Effect.Effect<WorkingTreePlace, never, Scope.Scope> =>
  Effect.map(temporary, (folder) => {
    const root = join(folder, "root")
    fs.mkdirSync(root)
    const cacheDirectory = join(folder, "cache")
    return {
      service: makeSteppedWorkingTree({ cacheDirectory, ...options }),
      root,
      missing: join(folder, "missing"),
      ...handsIn(root)
    }
  })
