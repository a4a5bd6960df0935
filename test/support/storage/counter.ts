// A process that races others: all of them move one counter on, until each has moved it as often as it is told.
import * as Effect from "effect/Effect"

import { RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { openAdapter } from "./openAdapter.ts"

const [place = "", name = "", moves = "0", processes = "1"] = process.argv.slice(2)
const counter = RefName.make("counter")

const program = Effect.gen(function* () {
  const catalog = yield* CatalogStorage
  // All begin together, so that they meet.
  yield* catalog.commit({ refs: [{ name: RefName.make(`ready/${name}`), expected: null, next: "yes" }] })
  while ((yield* catalog.list({ prefix: "ready/", limit: 9 })).length < Number(processes)) yield* Effect.sleep(1)
  const won: Array<number> = []
  let refused = 0
  while (won.length < Number(moves)) {
    const held = (yield* catalog.refs([counter])).get(counter) ?? null
    const turn = Number(held ?? 0)
    const { _tag } = yield* catalog.commit({
      records: [{ kind: "version", id: `${turn} by ${name}`, at: turn, terms: ["all"], body: "{}" }],
      refs: [
        { name: counter, expected: held, next: String(turn + 1) },
        { name: RefName.make(`turn/${turn}`), expected: null, next: name }
      ]
    })
    if (_tag === "Committed") won.push(turn)
    else refused++
  }
  return { won, refused }
})

const result = await Effect.runPromise(program.pipe(Effect.provide(openAdapter(place))))
process.stdout.write(JSON.stringify(result))
