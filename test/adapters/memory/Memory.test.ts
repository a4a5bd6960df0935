import { describe, it } from "vitest"
import * as Memory from "../../../src/adapters/memory/Memory.ts"
import { storageSuite } from "../../../src/testkit/storageSuite.ts"

storageSuite(
  {
    name: "memory",
    capabilities: Memory.capabilities,
    allocate: Memory.make,
    open: (store) => store.layer
  },
  { describe, it, skip: (name) => it.skip(name, () => {}) }
)
