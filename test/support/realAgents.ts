/** The real collection of the shared data, unpacked, and an engine to run it through. */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerWorkingTree } from "../../src/adapters/filesystem/index.ts"
import * as Sqlite from "../../src/adapters/sqlite/index.ts"
import * as Tidemark from "../../src/index.ts"

/** What git made of the same merge. */
export interface Expected {
  readonly conflictedPaths: ReadonlyArray<string>
  readonly files: { readonly [path: string]: { readonly mode: string; readonly sha256: string } }
}

/** Unpacks `v1`, `v2` and `local` below a fresh directory. */
export const unpackAgents = (from: string) => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-agents-"))
  for (const name of ["v1", "v2", "local"]) {
    mkdirSync(join(directory, name))
    execFileSync("tar", ["xzf", join(from, `${name}.tar.gz`), "-C", join(directory, name)])
  }
  const expected = JSON.parse(readFileSync(join(from, "expected.json"), "utf8")) as {
    readonly withoutRenames: Expected
  }
  return {
    directory,
    v1: join(directory, "v1"),
    v2: join(directory, "v2"),
    local: join(directory, "local"),
    expected: expected.withoutRenames,
    remove: () => rmSync(directory, { recursive: true, force: true })
  }
}

/** Replaces everything in a project but `.tidemark` by a copy of a directory. */
export const replaceProject = (project: string, by: string): void => {
  mkdirSync(project, { recursive: true })
  for (const name of readdirSync(project)) {
    if (name !== ".tidemark") rmSync(join(project, name), { recursive: true, force: true })
  }
  cpSync(by, project, { recursive: true, verbatimSymlinks: true })
}

/** A clock that ticks once for each look, and ids that count: a scenario replays bit for bit. */
const ticking = (): Clock.Clock => {
  let now = 1_700_000_000_000
  const tick = () => ++now
  return {
    currentTimeMillisUnsafe: tick,
    currentTimeMillis: Effect.sync(tick),
    currentTimeNanosUnsafe: () => BigInt(tick()) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(tick()) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    sleep: () => Effect.void
  }
}

/** Runs an effect on an engine over one SQLite file, with injected clock and ids. */
export const runEngine = <A, E>(
  file: string,
  effect: Effect.Effect<A, E, Tidemark.Services>,
  policy: Tidemark.TextPolicyName = "line-endings"
): Promise<A> => {
  let drawn = 0
  const ids = { next: (kind: string) => `${kind}-${String(++drawn).padStart(6, "0")}` }
  const references = Layer.mergeAll(
    Layer.succeed(Tidemark.IdSource, ids),
    Layer.succeed(Tidemark.TextPolicy, policy),
    Layer.succeed(Tidemark.CurrentActor, "tester"),
    Layer.succeed(Clock.Clock, ticking())
  )
  const engine = Tidemark.layer.pipe(
    Layer.provide([Sqlite.layer({ file }), layerWorkingTree()]),
    Layer.provideMerge(references)
  )
  return Effect.runPromise(Effect.provide(effect, engine))
}
