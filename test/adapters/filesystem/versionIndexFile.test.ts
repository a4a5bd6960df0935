/** The file of the version index: old or new, never half. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import { layerVersionIndex } from "../../../src/adapters/filesystem/index.ts"
import { VersionIndexStorage, type VersionIndexStorageService } from "../../../src/storage/VersionIndexStorage.ts"

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const open = (file: string): VersionIndexStorageService => {
  const given = Effect.gen(function* () {
    return yield* VersionIndexStorage
  })
  return Effect.runSync(Effect.provide(given, layerVersionIndex({ file }))) ?? expect.unreachable()
}
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)
const bytes = (n: number) => new Uint8Array(1000).fill(n)

it("gives back what was saved last, and nothing before", async () => {
  const index = open(join(directory, "versions"))
  expect(await run(index.load)).toBeNull()
  await run(index.save(bytes(1)))
  await run(index.save(bytes(2)))
  expect(new Uint8Array((await run(index.load)) ?? [])).toEqual(bytes(2))
  expect(readdirSync(directory)).toEqual(["versions"])
})

it("keeps the old one when a process died while it wrote", async () => {
  const index = open(join(directory, "versions"))
  await run(index.save(bytes(1)))
  for (const length of [0, 1, 999]) {
    writeFileSync(join(directory, `versions.${process.pid}.new`), bytes(2).subarray(0, length))
    expect(new Uint8Array((await run(index.load)) ?? [])).toEqual(bytes(1))
  }
  await run(index.save(bytes(3)))
  expect(new Uint8Array((await run(index.load)) ?? [])).toEqual(bytes(3))
  expect(readdirSync(directory)).toEqual(["versions"])
})

it("says where it cannot be kept", async () => {
  const index = open(join(directory, "absent", "versions"))
  expect(await run(index.load)).toBeNull()
  expect((await run(Effect.flip(index.save(bytes(1))))).reason._tag).toBe("StorageUnavailable")
})
