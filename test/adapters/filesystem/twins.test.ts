import { describe, expect, it } from "vitest"
import { twinAmong } from "../../../src/adapters/filesystem/twins.ts"

describe("names that a file system takes for one", () => {
  it.each([
    ["README", ["Readme"], "Readme"],
    ["caf\u00e9", ["cafe\u0301"], "cafe\u0301"],
    ["README", ["Readme", "README"], undefined],
    ["README", ["other"], undefined]
  ])("%j among %j is %j", (name, names, twin) => {
    expect(twinAmong(names, name)).toBe(twin)
  })
})
