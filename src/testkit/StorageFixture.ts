/** What an adapter author gives to the suite: a way to make a place, and a way to open it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Capabilities } from "../storage/Capabilities.ts"
import { CatalogStorage, type CatalogStorageService } from "../storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService } from "../storage/ObjectStorage.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { type Check, type Law, type LawBroken, makeCheck } from "./Law.ts"

/** What an adapter provides. @public */
export type StorageServices = ObjectStorage | CatalogStorage

/**
 * An adapter under test.
 *
 * @remarks
 * `allocate` makes a fresh, empty place and gives it back when the scope closes. `open` opens a place: laws of durability
 * open it again after closing it, laws of sharing open it twice at once. `capabilities` decides which of those are run;
 * it is what the adapter's services say of themselves, and the suite checks that it is.
 *
 * @public
 */
export interface StorageFixture<Location, E> {
  readonly name: string
  readonly capabilities: Capabilities
  readonly allocate: Effect.Effect<Location, E, Scope.Scope>
  readonly open: (location: Location) => Layer.Layer<StorageServices, E>
  /**
   * What a host can read of a place past the services, such as the rows of views: plain values, in one order. The law of
   * traces compares it before and after operations that were stopped.
   */
  readonly views?: ((location: Location) => Effect.Effect<unknown, E, Scope.Scope>) | undefined
}

/** A promise beyond the core of the contract. @public */
export type Requirement = "durable" | "sharedAcrossProcesses"

/** A law of storage. Those without requirements bind every adapter. @public */
export interface StorageLaw extends Law<Requirement> {
  readonly run: <Location, E>(
    fixture: StorageFixture<Location, E>
  ) => Effect.Effect<void, LawBroken | StorageError | E, Scope.Scope>
}

/** Both kinds of storage, open. @public */
export interface OpenStorage {
  readonly objects: ObjectStorageService
  readonly catalog: CatalogStorageService
}

/** Opens a place anew for as long as the scope lives, whatever else has it open. @internal */
export const openStorage = <Location, E>(
  fixture: StorageFixture<Location, E>,
  location: Location
): Effect.Effect<OpenStorage, E, Scope.Scope> =>
  Effect.map(Layer.build(Layer.fresh(fixture.open(location))), (context) => ({
    objects: Context.get(context, ObjectStorage),
    catalog: Context.get(context, CatalogStorage)
  }))

/** What a law does: with an open store, or with a way to open the same place several times. @internal */
export type LawBody<Subject> = (subject: Subject, check: Check) => Effect.Effect<void, LawBroken | StorageError>

/** A law about one open store. @internal */
export const coreLaw = (name: string, body: LawBody<OpenStorage>): StorageLaw => ({
  name,
  requires: [],
  run: (fixture) =>
    Effect.flatMap(fixture.allocate, (location) =>
      Effect.flatMap(openStorage(fixture, location), (storage) => body(storage, makeCheck(name)))
    )
})
