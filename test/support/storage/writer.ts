// A process that stores step after step until it is killed: objects first, then a commit that names them.
import * as Effect from "effect/Effect"

import { ObjectId, RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { openAdapter } from "./openAdapter.ts"

const [place = ""] = process.argv.slice(2)
const [a, b] = [RefName.make("a"), RefName.make("b")]

const program = Effect.gen(function* () {
  const objects = yield* ObjectStorage
  const catalog = yield* CatalogStorage
  const held = (yield* catalog.refs([a])).get(a) ?? null
  let expected = held
  for (let step = Number(held ?? 0); ; step++) {
    const ids = [0, 1, 2, 3].map((i) => ObjectId.make((step * 4 + i).toString(16).padStart(64, "0")))
    const [first, ...rest] = ids.map((id) => ({ id, bytes: new Uint8Array(20_000).fill(step % 256) }))
    if (first !== undefined) yield* objects.put([first, ...rest])
    const next = String(step + 1)
    const records = [0, 1, 2].map((i) => ({
      kind: "version",
      id: `${step} ${i}`,
      at: step,
      terms: ["all", `step ${step}`],
      body: JSON.stringify(ids)
    }))
    yield* catalog.commit({
      records,
      refs: [
        { name: a, expected, next },
        { name: b, expected, next }
      ]
    })
    expected = next
    process.stdout.write(`${next}\n`)
  }
})

await Effect.runPromise(program.pipe(Effect.provide(openAdapter(place))))
