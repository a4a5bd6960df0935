import { describe, it } from "vitest"
import { workingTreeSuite } from "../../../src/testkit/workingTreeLaws.ts"
import { place } from "./support/temporary.ts"

const linux = process.platform === "linux"

const abilities = { anyBytes: linux, exactNames: linux, executables: process.platform !== "win32", symlinks: true }
const runner = { describe, it, skip: (name: string) => it.skip(name, () => undefined) }

workingTreeSuite({ name: "file system", abilities, allocate: place() }, runner)
workingTreeSuite(
  {
    name: "file system, without a stat cache, and without holding directories open",
    abilities,
    allocate: place({ cacheDirectory: undefined, anchored: false })
  },
  runner
)
