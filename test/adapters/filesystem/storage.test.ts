import { describe, it } from "vitest"
import * as Filesystem from "../../../src/adapters/filesystem/FilesystemStorage.ts"
import { storageSuite } from "../../../src/testkit/storageSuite.ts"
import { inMemory } from "./support/store.ts"

const runner = {
  describe,
  it: (name: string, run: () => Promise<void>) => it(name, { timeout: 60_000 }, run),
  skip: (name: string) => it.skip(name, () => {})
}

storageSuite(
  {
    name: "filesystem",
    capabilities: Filesystem.capabilities,
    allocate: inMemory,
    open: (directory) => Filesystem.layer({ directory })
  },
  runner
)
