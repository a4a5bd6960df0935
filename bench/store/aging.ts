/** What a capture of one changed file asks of the storage, as the store grows old. */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import * as Filesystem from "../../src/adapters/filesystem/index.ts"
import * as Sqlite from "../../src/adapters/sqlite/index.ts"
import { open } from "../../src/promise/index.ts"
import { type Counts, counted, reset, zero } from "../../test/support/storage/counted.ts"

/** A capture after so many earlier ones. */
export interface Aged {
  readonly earlier: number
  readonly counts: Counts
  readonly milliseconds: number
}

/** Captures one change after the other, and looks closely at those that follow `ages` earlier ones. */
export const aging = async (
  root: string,
  folder: string,
  files: ReadonlyArray<string>,
  ages: ReadonlyArray<number>
): Promise<ReadonlyArray<Aged>> => {
  const counts = zero()
  await using engine = await open({
    storage: counted(Sqlite.layer({ file: join(folder, "store.db") }), counts),
    workingTree: Filesystem.layerWorkingTree({ cacheDirectory: join(folder, "cache") }),
    actor: "bench"
  })
  const capture = () => engine.snapshots.capture({ collection: "bench", root })
  const out: Array<Aged> = []
  await capture()
  for (let earlier = 1; earlier <= Math.max(...ages); earlier++) {
    // At each age the same file, so that the same directories are on its path.
    const looked = ages.includes(earlier)
    appendFileSync(join(root, files[looked ? 0 : 1 + (earlier % (files.length - 1))] ?? ""), `${earlier}\n`)
    reset(counts)
    const started = performance.now()
    await capture()
    if (looked) out.push({ earlier, counts: { ...counts }, milliseconds: performance.now() - started })
  }
  return out
}
