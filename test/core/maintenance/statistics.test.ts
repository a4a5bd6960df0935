/** What a store holds, in numbers. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { agents, onBoth } from "../../support/engine.ts"

onBoth("counts objects, records, refs and operations", (engine) =>
  Effect.gen(function* () {
    const statistics = engine.maintenance.statistics
    const empty = yield* statistics({ forms: true })
    assert.deepStrictEqual(empty, {
      head: null,
      objects: { count: 0, bytes: 0, oldest: null, newest: null, forms: {} },
      records: {},
      refs: {},
      operations: {}
    })
    const large = new Uint8Array(3 * 1024 * 1024)
    let state = 1
    for (let i = 0; i < large.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      large[i] = state >>> 24
    }
    yield* engine.capture({ "skills/a/SKILL.md": "one\n", "skills/b/SKILL.md": "two\n", "skills/b/data": large })
    yield* engine.capture({
      "skills/a/SKILL.md": "one and more\n",
      "skills/b/SKILL.md": "two\n",
      "skills/b/data": large
    })
    yield* engine.deploy()
    const plain = yield* statistics()
    const full = yield* statistics({ forms: true })
    assert.deepStrictEqual(full, { ...plain, objects: { ...plain.objects, forms: full.objects.forms } })
    assert.strictEqual(plain.head, yield* engine.ledger.head)
    assert.deepStrictEqual(plain.operations, { capture: 2, deploy: 1 })
    assert.deepStrictEqual(
      Object.fromEntries(Object.entries(plain.records).map(([kind, { count }]) => [kind, count])),
      { deployment: 2, operation: 3, snapshot: 2, version: 3 }
    )
    assert.isAbove(plain.records.version?.bytes ?? 0, 300)
    const page = yield* engine.objectStorage.list({ limit: 10_000 })
    assert.strictEqual(plain.objects.count, page.length)
    assert.strictEqual(
      plain.objects.bytes,
      page.reduce((sum, { size }) => sum + size, 0)
    )
    const forms = full.objects.forms ?? {}
    assert.strictEqual(forms.chunked?.count, 1)
    assert.strictEqual((forms.whole?.count ?? 0) + 1, plain.objects.count)
    assert.strictEqual(plain.refs.deployed, 4)
    assert.strictEqual(plain.refs.collection, 1)
    assert.strictEqual((yield* engine.snapshots.list({ collection: agents })).items.length, 2)
  })
)
