import { describe, it } from "vitest"
import { workingTreeSuite } from "../../../src/testkit/workingTreeLaws.ts"
import { place } from "./support/temporary.ts"

const linux = process.platform === "linux"

workingTreeSuite(
  {
    name: "file system",
    abilities: { anyBytes: linux, exactNames: linux, executables: process.platform !== "win32", symlinks: true },
    allocate: place()
  },
  { describe, it, skip: (name) => it.skip(name, () => undefined) }
)

workingTreeSuite(
  {
    name: "file system, without a stat cache",
    abilities: { anyBytes: linux, exactNames: linux, executables: process.platform !== "win32", symlinks: true },
    allocate: place({ cacheDirectory: undefined })
  },
  { describe, it, skip: (name) => it.skip(name, () => undefined) }
)
