/** Laws of scans: one total order, in both directions, page by page. */
import * as Effect from "effect/Effect"
import { compareUtf8 } from "../../model/order.ts"
import type { CatalogStorageService, RecordScan, StoredRecord } from "../../storage/CatalogStorage.ts"
import { coreLaw, type StorageLaw } from "../StorageFixture.ts"
import { hostileTexts, noRef, range, record, scatter } from "../samples.ts"

type Position = Pick<StoredRecord, "at" | "id">
const byPosition = (a: Position, b: Position) => a.at - b.at || compareUtf8(a.id, b.id)
const show = ({ at, id }: Position) => `${at} ${id}`

const base = { kind: "version", term: "all", limit: 10_000 } as const
const directions = ["forward", "backward"] as const

const scanned = (catalog: CatalogStorageService, scan: RecordScan) =>
  Effect.map(catalog.scan(scan), (page) => page.map(show))

/** What a scan without a limit must answer. */
const expected = (
  records: ReadonlyArray<Position>,
  { direction, from, to, after }: Omit<RecordScan, "kind" | "term">
) => {
  const within = [...records].sort(byPosition).filter((r) => (from ?? r.at) <= r.at && r.at <= (to ?? r.at))
  if (direction === "backward") within.reverse()
  const beyond = (r: Position) => after === undefined || byPosition(r, after) * (direction === "forward" ? 1 : -1) > 0
  return within.filter(beyond).map(show)
}

/** All pages of a scan, with what `between` does after each of them. */
const pages = Effect.fnUntraced(function* <E>(
  catalog: CatalogStorageService,
  scan: RecordScan,
  between: (page: number) => Effect.Effect<void, E>
) {
  const all: Array<Position> = []
  for (let page = 0, after: Position | undefined; ; page++) {
    const records = yield* catalog.scan({ ...scan, after })
    all.push(...records)
    const last = records.at(-1)
    if (last === undefined) return all
    after = { at: last.at, id: last.id }
    yield* between(page)
  }
})

/** Many with equal times, whose ids only the order of UTF-8 bytes puts in one order. */
const crowd: ReadonlyArray<StoredRecord> = [
  ...hostileTexts.map((text, i) => record(text, { at: 100 + (i % 5) * 10 })),
  // An index may keep beginnings of ids alone.
  ...range(30).map((n) => record(`begins alike, ${scatter(n)}`, { at: 100 + (n % 2) * 10 }))
]

/** @internal */
export const scanLaws: ReadonlyArray<StorageLaw> = [
  coreLaw("scan: by time, then by the UTF-8 bytes of the id, in both directions", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* check.equal("of nothing", yield* catalog.scan({ ...base, direction: "forward" }), [])
      yield* catalog.commit({ records: crowd, refs: noRef })
      for (const direction of directions) {
        const scan = { ...base, direction }
        yield* check.equal(direction, yield* scanned(catalog, scan), expected(crowd, scan))
      }
    })
  ),

  coreLaw("scan: bounds are inclusive, and go together with `after`", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* catalog.commit({ records: crowd, refs: noRef })
      const bounds = [undefined, 0, 99, 100, 110, 111, 140, 141]
      const middle = [...crowd].sort(byPosition)[Math.floor(crowd.length / 2)]
      const afters = [undefined, middle, { at: 120, id: "not there" }, { at: 0, id: "a" }, { at: 999, id: "a" }]
      for (const direction of directions) {
        for (const [from, to] of bounds.flatMap((from) => bounds.map((to) => [from, to] as const))) {
          for (const after of afters) {
            const scan = { ...base, direction, from, to, after }
            const what = `${direction} from ${from} to ${to} after ${after === undefined ? "nothing" : show(after)}`
            yield* check.equal(what, yield* scanned(catalog, scan), expected(crowd, scan))
          }
        }
      }
    })
  ),

  coreLaw("scan: who does not look at terms gets the same records", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* catalog.commit({ records: crowd, refs: noRef })
      const bodies = (page: ReadonlyArray<StoredRecord>) =>
        page.map(({ at, body, id, kind }) => ({ kind, id, at, body }))
      for (const direction of directions) {
        const whole = yield* catalog.scan({ ...base, direction })
        const bare = yield* catalog.scan({ ...base, direction, omitTerms: true })
        yield* check.equal(direction, bodies(bare), bodies(whole))
        yield* check.equal("terms", new Set(whole.map(({ terms }) => terms.join())), new Set(["all"]))
      }
    })
  ),

  coreLaw("scan: pages of any length have every record once", ({ catalog }, check) =>
    Effect.gen(function* () {
      yield* catalog.commit({ records: crowd, refs: noRef })
      for (const direction of directions) {
        for (const limit of [1, 2, 7, crowd.length, 1_000]) {
          const scan = { ...base, direction, limit }
          const all = yield* pages(catalog, scan, () => Effect.void)
          yield* check.equal(`${direction} by ${limit}`, all.map(show), expected(crowd, scan))
          yield* check.that("at most the limit", (yield* catalog.scan(scan)).length <= limit)
        }
      }
    })
  ),

  coreLaw("scan: pages stay in order while records come and go", ({ catalog }, check) =>
    Effect.gen(function* () {
      const staying = range(40).map((i) => record(`staying ${i}`, { at: 100 + (i >> 2) * 10 }))
      for (const direction of directions) {
        const sign = direction === "forward" ? 1 : -1
        const going = range(20).map((i) => record(`going ${direction} ${i}`, { at: 105 + i * 5 }))
        yield* catalog.commit({ records: [...staying, ...going], refs: noRef })
        const all = yield* pages(catalog, { ...base, direction, limit: 6 }, (page) => {
          const fresh = [50, 120, 155, 190, 300].map((at) => record(`new ${direction} ${page} ${at}`, { at }))
          const remove = going.slice(page * 3, page * 3 + 3).map(({ kind, id }) => ({ kind, id }))
          // At most a few rounds: a page that always ends below something new would have no last one.
          return page > 8 ? Effect.void : Effect.asVoid(catalog.commit({ records: fresh, remove, refs: noRef }))
        })
        const shown = all.map(show)
        yield* check.equal("order", shown, [...all].sort((a, b) => sign * byPosition(a, b)).map(show))
        yield* check.equal("each once", shown.length, new Set(shown).size)
        yield* check.that(
          "nothing that stayed is left out",
          staying.every((r) => shown.includes(show(r)))
        )
      }
    })
  ),

  coreLaw("scan: a term or a kind finds itself alone", ({ catalog }, check) =>
    Effect.gen(function* () {
      const terms = ["a", "a ", "A", "ab", "a%", "a_", "á", "a\u0301", "a/b", "\u{1f600}", "\uffff"]
      const records = terms.flatMap((term, i) =>
        ["version", "Version", "version "].map((kind) => record(`${i} ${kind}`, { kind, terms: [term] }))
      )
      yield* catalog.commit({ records, refs: noRef })
      for (const [i, term] of terms.entries()) {
        for (const direction of directions) {
          const found = yield* scanned(catalog, { ...base, term, direction })
          yield* check.equal(`${JSON.stringify(term)} ${direction}`, found, [`1000 ${i} version`])
        }
      }
    })
  ),

  coreLaw("scan: a page out of many records", ({ catalog }, check) =>
    Effect.gen(function* () {
      const records = range(4_000).map((i) => record(`id ${i}`, { at: i, terms: ["all", `mod ${i % 100}`] }))
      yield* catalog.commit({ records, refs: noRef })
      const page = yield* scanned(catalog, { ...base, direction: "backward", from: 3_000, to: 3_999, limit: 3 })
      yield* check.equal("last three", page, ["3999 id 3999", "3998 id 3998", "3997 id 3997"])
      const few = yield* scanned(catalog, { ...base, term: "mod 7", direction: "forward", from: 3_900 })
      yield* check.equal("rare term", few, ["3907 id 3907"])
    })
  )
]
