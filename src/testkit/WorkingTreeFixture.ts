/** What the author of a working tree gives to its suite: a way to make a root, and the hands of somebody who edits it. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Sha256 } from "../core/references/Sha256.ts"
import type {
  ApplyHooks,
  ApplyRequest,
  ApplyStep,
  RecoveryBlocked,
  RecoveryOracle,
  ScanEntry,
  WorkingTreeError,
  WorkingTreeService
} from "../core/WorkingTree.ts"
import type { BlobId, FilePath } from "../model/Ids.ts"
import type { PlanStale } from "../model/Plan.ts"
import type { Standing } from "../model/Standing.ts"
import { type Check, type Law, type LawBroken, makeCheck } from "./Law.ts"

/** What not every place of files has. @public */
export interface WorkingTreeAbilities {
  /** Names may hold bytes that are not UTF-8. */
  readonly anyBytes: boolean
  /** Names that differ in case or normalisation only are different names. */
  readonly exactNames: boolean
  readonly executables: boolean
  readonly symlinks: boolean
}

/** A fresh, empty root of a working tree. The edits are made behind the working tree's back. @public */
export interface WorkingTreePlace {
  readonly service: WorkingTreeService
  readonly root: string
  /** A root that does not exist. */
  readonly missing: string
  /** Makes or replaces a file, and the folders that it needs. */
  readonly write: (
    path: FilePath,
    bytes: Uint8Array,
    options?: { readonly executable?: boolean | undefined }
  ) => Effect.Effect<void>
  /** Makes a symlink where nothing is, and the folders that it needs. */
  readonly symlink: (path: FilePath, target: string) => Effect.Effect<void>
  readonly mkdir: (path: FilePath) => Effect.Effect<void>
  /** Removes what stands at or below a path. */
  readonly remove: (path: FilePath) => Effect.Effect<void>
}

/** A working tree under test. `allocate` gives a place back when the scope closes. @public */
export interface WorkingTreeFixture<E> {
  readonly name: string
  readonly abilities: WorkingTreeAbilities
  readonly allocate: Effect.Effect<WorkingTreePlace, E, Scope.Scope>
}

/** What a law may fail with. @public */
export type WorkingTreeLawFailure = LawBroken | WorkingTreeError | PlanStale | RecoveryBlocked

/** A law of working trees. Those without requirements bind every adapter. @public */
export interface WorkingTreeLaw extends Law<keyof WorkingTreeAbilities> {
  readonly run: <E>(fixture: WorkingTreeFixture<E>) => Effect.Effect<void, WorkingTreeLawFailure | E, Scope.Scope>
}

/** A tree as laws write it down: text is a file; see {@link Sown}. @internal */
export interface Trees {
  readonly [path: string]: Sown
}

/** @internal */
export type Sown = string | Uint8Array | { readonly exec: string } | { readonly link: string } | "dir/"

/** What a law works with. @internal */
export interface Field extends WorkingTreePlace {
  readonly check: Check
  /** Puts a tree into the root. */
  readonly sow: (tree: Trees) => Effect.Effect<void>
  /** Everything that stands there, by path. */
  readonly reap: Effect.Effect<{ readonly [path: string]: Standing }, WorkingTreeError>
  readonly standing: (sown: Sown | null) => Standing | null
  /** What {@link reap} gives for a tree, missing folders filled in. */
  readonly expected: (tree: Trees) => { readonly [path: string]: Standing }
  readonly step: (path: string, before: Sown | null, after: Sown | null) => ApplyStep
  /** Asks for steps, with an apply id of their own. */
  readonly request: (steps: ReadonlyArray<ApplyStep>, applyId?: string) => ApplyRequest
  /** Hooks that have the content of these trees and commit with `"done"`. */
  readonly hooks: (...trees: ReadonlyArray<Trees>) => ApplyHooks<string, never, never>
}

/** @internal */
export const path = (text: string): FilePath => text as FilePath

const encoder = new TextEncoder()

const contentOf = (sown: Sown): Uint8Array => {
  if (typeof sown === "string") return encoder.encode(sown)
  if (sown instanceof Uint8Array) return sown
  return encoder.encode("exec" in sown ? sown.exec : sown.link)
}

const kindOf = (sown: Sown): "file" | "executable" | "symlink" => {
  if (typeof sown === "string" || sown instanceof Uint8Array) return "file"
  return "exec" in sown ? "executable" : "symlink"
}

const parentsOf = (at: string): ReadonlyArray<string> => {
  const names = at.split("/").slice(0, -1)
  return names.map((_, i) => names.slice(0, i + 1).join("/"))
}

/** An oracle that knows of nothing that happened. @internal */
export const nothingHappened: RecoveryOracle<never, never> = {
  store: "laws",
  happened: () => Effect.succeed(false)
}

/** Entries as an object, which shows well when a law is broken. @internal */
export const byPath = (entries: ReadonlyArray<ScanEntry>): { readonly [path: string]: Standing } =>
  Object.fromEntries(entries.map((entry) => [entry.path, entry.standing]))

const makeField = (place: WorkingTreePlace, check: Check, sha256: (bytes: Uint8Array) => string): Field => {
  const idOf = (bytes: Uint8Array) => sha256(bytes) as BlobId
  const standing = (sown: Sown | null): Standing | null => {
    if (sown === null) return null
    if (sown === "dir/") return { kind: "directory" }
    const bytes = contentOf(sown)
    return { kind: kindOf(sown), id: idOf(bytes), size: bytes.length }
  }
  let applies = 0
  return {
    ...place,
    check,
    sow: (tree) =>
      Effect.forEach(
        Object.entries(tree),
        ([at, sown]) => {
          if (sown === "dir/") return place.mkdir(path(at))
          if (typeof sown === "object" && "link" in sown) return place.symlink(path(at), sown.link)
          return place.write(path(at), contentOf(sown), { executable: kindOf(sown) === "executable" })
        },
        { discard: true }
      ),
    reap: Effect.map(place.service.scan(place.root, { ignore: [] }), ({ entries }) => byPath(entries)),
    standing,
    expected: (tree) => {
      const out: { [path: string]: Standing } = {}
      for (const [at, sown] of Object.entries(tree)) {
        for (const parent of parentsOf(at)) out[parent] = { kind: "directory" }
        const stands = standing(sown)
        if (stands !== null) out[at] = stands
      }
      return out
    },
    step: (at, before, after) => ({ path: path(at), before: standing(before), after: standing(after) }),
    request: (steps, applyId = `law-${applies++}`) => ({ applyId, store: "laws", steps, checks: [] }),
    hooks: (...trees) => ({
      prepare: Effect.void,
      content: (ids) =>
        Effect.sync(() => {
          const all = trees.flatMap((tree) => Object.values(tree)).map((sown) => contentOf(sown))
          return new Map(all.map((bytes) => [idOf(bytes), bytes] as const).filter(([id]) => ids.includes(id)))
        }),
      commit: Effect.succeed("done")
    })
  }
}

/** @internal */
export const workingTreeLaw = (
  name: string,
  body: (field: Field) => Effect.Effect<void, WorkingTreeLawFailure>,
  requires: WorkingTreeLaw["requires"] = []
): WorkingTreeLaw => ({
  name,
  requires,
  run: (fixture) =>
    Effect.gen(function* () {
      const place = yield* fixture.allocate
      const sha256 = yield* Sha256
      yield* body(makeField(place, makeCheck(name), sha256))
    })
})
