/** The hash function that names things. */
import * as Context from "effect/Context"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"

type Crypto = { readonly hash: (algorithm: string, data: Uint8Array, encoding: "hex") => string }
type Builtins = { readonly getBuiltinModule?: (name: string) => Crypto | undefined }

/** Asks the runtime, instead of importing: the core must load where there is no `node:crypto`. */
const native = (globalThis as { readonly process?: Builtins }).process?.getBuiltinModule?.("node:crypto")

const missing: Sha256Function = () => {
  throw new Error("This runtime has no synchronous SHA-256. Provide the reference `Sha256` with one.")
}

/**
 * SHA-256 as a synchronous function. The default asks the runtime for its native one; elsewhere, provide one.
 *
 * @public
 */
export const Sha256 = Context.Reference<Sha256Function>("tidemark/core/Sha256", {
  defaultValue: () => (native === undefined ? missing : (bytes) => native.hash("sha256", bytes, "hex"))
})
