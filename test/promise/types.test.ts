/** The promised services are typed after the services themselves. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { expectTypeOf, it } from "vitest"
import type { Captured, Drift, Operation, Plan, PlanApplied, SnapshotStoreService, Version } from "../../src/index.ts"
import type { ArtifactId, ProjectId } from "../../src/model/Ids.ts"
import type {
  CallOptions,
  CallOptionsOf,
  Promised,
  ReasonedCallOptions,
  Tidemark,
  Unbranded
} from "../../src/promise/index.ts"

it("methods that give effects give promises of the same values", () => {
  expectTypeOf<Tidemark["drift"]["check"]>().returns.toEqualTypeOf<Promise<Drift>>()
  expectTypeOf<Tidemark["sync"]["plan"]>().returns.toEqualTypeOf<Promise<Plan>>()
  expectTypeOf<Tidemark["sync"]["apply"]>().returns.toEqualTypeOf<Promise<PlanApplied>>()
  expectTypeOf<Tidemark["snapshots"]["capture"]>().returns.resolves.toExtend<Captured>()
  expectTypeOf<Tidemark["ledger"]["head"]>().parameter(0).toEqualTypeOf<CallOptions | undefined>()
})

it("streams are async iterables, and what is pure stays as it is", () => {
  expectTypeOf<Tidemark["ledger"]["export"]>().returns.toEqualTypeOf<AsyncIterable<string>>()
  expectTypeOf<Tidemark["versions"]["ancestors"]>().returns.toEqualTypeOf<AsyncIterable<Version>>()
  expectTypeOf<Tidemark["ledger"]["describe"]>().toEqualTypeOf<(operation: Operation) => string>()
})

it("ids and paths are plain text going in and branded coming out", () => {
  expectTypeOf<Tidemark["deployments"]["current"]>().parameter(0).toEqualTypeOf<string>()
  expectTypeOf<Unbranded<ArtifactId>>().toEqualTypeOf<string>()
  expectTypeOf<Unbranded<"merge" | "keep" | undefined>>().toEqualTypeOf<"merge" | "keep" | undefined>()
  expectTypeOf<Unbranded<Uint8Array>>().toEqualTypeOf<Uint8Array>()
  expectTypeOf<Unbranded<{ readonly a?: ReadonlyArray<ArtifactId> | null }>>().toEqualTypeOf<{
    readonly a?: ReadonlyArray<string> | null
  }>()
  expectTypeOf<Awaited<ReturnType<Tidemark["drift"]["check"]>>["project"]>().toEqualTypeOf<ProjectId>()
  expectTypeOf<{ project: string; root: string; to: { snapshot: string } }>().toExtend<
    Parameters<Tidemark["rollback"]["plan"]>[0]
  >()
  expectTypeOf<Plan>().toExtend<Parameters<Tidemark["sync"]["apply"]>[0]>()
})

it("a reason can be given where the request has one", () => {
  expectTypeOf<Parameters<Tidemark["sync"]["plan"]>[1]>().toEqualTypeOf<ReasonedCallOptions | undefined>()
  expectTypeOf<Parameters<Tidemark["versions"]["createTag"]>[4]>().toEqualTypeOf<ReasonedCallOptions | undefined>()
  expectTypeOf<Parameters<Tidemark["sync"]["apply"]>[2]>().toEqualTypeOf<CallOptions | undefined>()
  expectTypeOf<CallOptionsOf<[{ readonly reason?: "manual" | "sync" | undefined }]>>().toEqualTypeOf<CallOptions>()
})

it("nothing of Effect is left", () => {
  type Members = { [K in keyof Promised<SnapshotStoreService>]: ReturnType<Promised<SnapshotStoreService>[K]> }
  expectTypeOf<Extract<Members[keyof Members], Effect.Effect<unknown, unknown, unknown>>>().toBeNever()
  expectTypeOf<Extract<Members[keyof Members], Stream.Stream<unknown, unknown, unknown>>>().toBeNever()
  expectTypeOf<Tidemark>().toExtend<AsyncDisposable>()
})
