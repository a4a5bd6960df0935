/** Run as a process of its own: applies the scenario and kills itself at the step asked for. */
import * as Effect from "effect/Effect"
import { makeSteppedWorkingTree } from "../../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { hooks, oracle, request } from "./scenario.ts"

const [root = "", marker = "", step = ""] = process.argv.slice(2)

const service = makeSteppedWorkingTree({
  onStep: (n) => {
    if (n === Number(step)) process.kill(process.pid, "SIGKILL")
  }
})

await Effect.runPromise(service.apply(root, request, hooks(marker), oracle(marker)))
