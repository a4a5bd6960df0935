import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Filesystem from "../../../src/adapters/filesystem/FilesystemStorage.ts"
import { agreementTest } from "../../support/storage/agreement.ts"
import { inMemory } from "./support/store.ts"

const storage = Layer.unwrap(Effect.map(inMemory, (directory) => Filesystem.layer({ directory, compactAbove: 20_000 })))

agreementTest("a directory", storage, 3_000)
