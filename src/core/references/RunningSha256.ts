/** The hash function that names things, for content that comes in pieces. */
import * as Context from "effect/Context"

/** A SHA-256 under way. `digest` ends it and gives lower-case hex. @public */
export interface RunningHash {
  readonly update: (bytes: Uint8Array) => void
  readonly digest: () => string
}

type Native = {
  readonly update: (bytes: Uint8Array) => unknown
  readonly digest: (encoding: "hex") => string
}
type Crypto = { readonly createHash: (algorithm: string) => Native }
type Builtins = { readonly getBuiltinModule?: (name: string) => Crypto | undefined }

/** Asks the runtime, instead of importing: the core must load where there is no `node:crypto`. */
const native = (globalThis as { readonly process?: Builtins }).process?.getBuiltinModule?.("node:crypto")

const missing = (): RunningHash => {
  throw new Error("This runtime has no SHA-256 of its own. Provide the reference `RunningSha256` with one.")
}

const begin = ({ createHash }: Crypto): RunningHash => {
  const hash = createHash("sha256")
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") }
}

/**
 * Begins a SHA-256 of content, or of a large plan, that is never in memory as a whole. Must name things as `Sha256` does.
 *
 * @public
 */
export const RunningSha256 = Context.Reference<() => RunningHash>("tidemark/core/RunningSha256", {
  defaultValue: () => (native === undefined ? missing : () => begin(native))
})
