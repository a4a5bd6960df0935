/** Run as a process of a user without rights: scans a root, tries to change it, and prints what came of it. */
import * as Effect from "effect/Effect"
import { makeWorkingTree } from "../../../../src/adapters/filesystem/index.ts"
import { answering, requestOf, simpleHooks, standing } from "./simple.ts"

const [root = "", ...targets] = process.argv.slice(2)
const service = makeWorkingTree()
const scan = await Effect.runPromise(service.scan(root, { ignore: [] }))
const results: Array<unknown> = []
for (const target of targets) {
  const request = requestOf(`to-${results.length}`, [
    ["fine.txt", null, standing("fine")],
    [target, null, standing("new")]
  ])
  const end = await Effect.runPromise(Effect.result(service.apply(root, request, simpleHooks, answering(false))))
  results.push(end._tag === "Failure" && end.failure._tag === "WorkingTreeError" ? { ...end.failure } : end._tag)
}
const read = await Effect.runPromise(Effect.result(service.read(root, ["secret" as never])))
results.push(read._tag === "Failure" ? { ...read.failure } : read._tag)
console.log(JSON.stringify({ scan, results }))
