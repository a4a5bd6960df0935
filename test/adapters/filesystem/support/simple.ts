/** Small requests for tests of one thing each. */
import * as Effect from "effect/Effect"
import { sha256 } from "../../../../src/adapters/filesystem/inspect.ts"
import type { ApplyHooks, ApplyRequest, RecoveryOracle } from "../../../../src/core/WorkingTree.ts"
import type { BlobId, FilePath } from "../../../../src/model/Ids.ts"
import type { Standing, StandingFile } from "../../../../src/model/Standing.ts"

const contents = new Map<BlobId, Uint8Array>()

/** The standing of a text; its content can then be asked for. */
export const standing = (text: string | Buffer, kind: StandingFile["kind"] = "file"): StandingFile => {
  const bytes = Buffer.from(text)
  const id = sha256(bytes)
  contents.set(id, bytes)
  return { kind, id, size: bytes.length }
}

export const folder: Standing = { kind: "directory" }

export const requestOf = (
  applyId: string,
  steps: ReadonlyArray<readonly [string, Standing | null, Standing | null]>
): ApplyRequest => ({
  applyId,
  store: "simple",
  checks: [],
  steps: steps.map(([path, before, after]) => ({ path: path as FilePath, before, after }))
})

export const simpleHooks: ApplyHooks<string, never, never> = {
  prepare: Effect.void,
  content: (ids) => Effect.sync(() => new Map([...contents].filter(([id]) => ids.includes(id)))),
  commit: Effect.succeed("done")
}

export const answering = (happened: boolean): RecoveryOracle<never, never> => ({
  store: "simple",
  happened: () => Effect.succeed(happened)
})
