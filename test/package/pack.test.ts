/** What is published works for a host that installs it. */
import { expect, it } from "vitest"
import { checkPack } from "../../scripts/checkPack.ts"

it("the packed package installs, imports and type-checks", async () => {
  const problems = Object.entries(await checkPack([])).filter(([, problem]) => problem !== "")
  expect(problems).toEqual([])
}, 600_000)
