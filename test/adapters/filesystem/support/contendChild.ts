/** Run as a process of its own: applies again and again, beside others that do the same, and tells of any company. */
import * as fs from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { makeWorkingTree } from "../../../../src/adapters/filesystem/index.ts"
import { answering, requestOf, simpleHooks, standing } from "./simple.ts"

const [root = "", name = "", count = "", inside = ""] = process.argv.slice(2)
const service = makeWorkingTree()

/** Fails when another process is between its own `prepare` and `commit`. */
const enter = Effect.andThen(
  Effect.sync(() => fs.closeSync(fs.openSync(inside, "wx"))),
  Effect.sleep(2)
)
const leave = Effect.sync(() => {
  fs.rmSync(inside)
  return "done"
})

let locked = 0
for (let n = 0; n < Number(count); ) {
  const request = requestOf(`${name}-${n}`, [[`${name}-${n}`, null, standing(`${name} ${n}`)]])
  const hooks = { ...simpleHooks, prepare: enter, commit: leave }
  const end = await Effect.runPromise(Effect.result(service.apply(root, request, hooks, answering(false))))
  if (end._tag === "Success") n++
  else if (end.failure._tag === "WorkingTreeError" && end.failure.failure === "locked") {
    locked++
    await sleep(1 + Math.random() * 8)
  } else throw end.failure
}
console.log(locked)
