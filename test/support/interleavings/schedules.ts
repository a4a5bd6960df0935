/** Windows of collecting, each met exactly: who stands where when the other goes by. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { ArtifactId, CollectionId, FilePath, VersionId } from "../../../src/model/Ids.ts"
import { type Moment, makeDirector } from "./director.ts"
import type { Modules } from "./modules.ts"
import { Lost } from "./store.ts"

const grace = 1000
const kit = "kit" as CollectionId
const artifact = "skill:a" as ArtifactId
const window = { age: 0, operations: 0 }

const open = Effect.fnUntraced(function* (modules: Modules) {
  return {
    snapshots: yield* modules.SnapshotStore,
    graph: yield* modules.VersionGraph,
    ledger: yield* modules.Ledger,
    maintenance: yield* modules.Maintenance
  }
})

const build = Effect.fnUntraced(function* (modules: Modules, director: ReturnType<typeof makeDirector>) {
  const tree = modules.makeWorkingTree()
  const store = yield* modules.makeStore
  const ports = Layer.mergeAll(
    Layer.succeed(modules.ObjectStorage, director.objects(store.objects)),
    Layer.succeed(modules.CatalogStorage, director.catalog(store.catalog)),
    tree.layer
  )
  const engine = yield* open(modules).pipe(
    Effect.provide(modules.layer.pipe(Layer.provide(ports)), { local: true })
  ) as Effect.Effect<Effect.Success<ReturnType<typeof open>>>
  tree.mkdir("kit", "")
  return { tree, engine }
})

type Built = Effect.Success<ReturnType<typeof build>>

interface Stage extends Built {
  readonly director: ReturnType<typeof makeDirector>
  readonly capture: (text: string) => Effect.Effect<VersionId>
  /** A version that nothing leads to any more, with content of its own, all of it older than the grace. */
  readonly forget: (text: string) => Effect.Effect<VersionId>
  readonly collect: Effect.Effect<void>
  /** Does something that may be refused by one of these errors, and says whether it was. */
  readonly attempt: <A>(act: Effect.Effect<A, unknown>, refusals: RegExp) => Effect.Effect<"done" | "refused">
}

/** A moment that was met exactly. */
export interface Schedule {
  readonly name: string
  readonly play: (stage: Stage) => Effect.Effect<void>
}

const collecting: Moment = { actor: "collector", call: /^commit/ }

export const schedules: ReadonlyArray<Schedule> = [
  {
    // Marked already, and found dead; then it gets a name, and the ledger moves.
    name: "a version gets a name just before the collector commits",
    play: ({ collect, director, engine, forget }) =>
      Effect.gen(function* () {
        const version = yield* forget("forgotten\n")
        director.before(
          collecting,
          Effect.asVoid(engine.graph.createBranch(artifact, "again", version)).pipe(Effect.orDie)
        )
        yield* director.as("collector", collect)
      })
  },
  {
    // The same at every later attempt: each refusal has to be followed by a look at what happened.
    name: "versions get names before each of three attempts to commit",
    play: ({ collect, director, engine, forget }) =>
      Effect.gen(function* () {
        const versions = [yield* forget("one\n"), yield* forget("two\n"), yield* forget("three\n")]
        for (const [i, version] of versions.entries()) {
          director.before(
            { ...collecting, nth: i + 1 },
            Effect.asVoid(engine.graph.createTag(artifact, `t${i}`, version)).pipe(Effect.orDie)
          )
        }
        yield* director.as("collector", collect)
      })
  },
  ...["capture", "append"].map((what): Schedule => {
    return {
      // What it stored is older than the grace when it is marked; nothing names it yet.
      name: `a slow writer (${what}) has stored its content, and is overtaken by a whole collection`,
      play: ({ attempt, capture, collect, director, engine, forget, tree }) =>
        Effect.gen(function* () {
          const version = yield* capture("first\n")
          const forgotten = yield* engine.graph.get(yield* forget("forgotten\n")).pipe(Effect.orDie)
          const slow = Effect.andThen(
            Effect.sync(() => director.pass(2 * grace)),
            collect
          )
          if (what === "capture") {
            tree.write("kit", "skills/a/SKILL.md" as FilePath, "slowly stored\n")
            // Content, trees and lists lie there; the last look before the commit is at the ledger's head.
            director.before({ actor: "writer", call: /^refs branch/ }, slow)
            const request = { collection: kit, root: "kit" }
            yield* attempt(
              director.as("writer", engine.snapshots.capture(request)),
              /was collected before the operation/
            )
          } else {
            director.before({ actor: "writer", call: /^records version/, nth: 2 }, slow)
            const request = {
              artifact,
              parents: [version],
              tree: forgotten.tree,
              origin: "local",
              message: ""
            } as const
            yield* attempt(director.as("writer", engine.graph.append(request)), /was collected before the operation/)
          }
        })
    }
  }),
  {
    name: "a writer that is slow, but not too slow, beside a collection that has begun before it",
    play: ({ attempt, collect, director, engine, forget, tree }) =>
      Effect.gen(function* () {
        yield* forget("forgotten\n")
        tree.write("kit", "skills/a/SKILL.md" as FilePath, "forgotten\n")
        const request = { collection: kit, root: "kit" }
        const write = Effect.gen(function* () {
          director.before(
            { actor: "writer", call: /^refs head\/ledger/ },
            Effect.sync(() => director.pass(grace / 2 - 1))
          )
          const outcome = yield* attempt(director.as("writer", engine.snapshots.capture(request)), /never/)
          if (outcome !== "done") throw new Lost("it was within the grace")
        })
        director.before({ actor: "collector", call: /^list objects/, nth: 1 }, Effect.orDie(write))
        yield* director.as("collector", collect)
      })
  },
  ...(["createBranch", "createTag", "append"] as const).map((what): Schedule => {
    return {
      // It saw the version; then that is collected; what names it comes after.
      name: `a version is collected between being looked at and being named (${what})`,
      play: ({ attempt, collect, director, engine, forget }) =>
        Effect.gen(function* () {
          const version = yield* forget("forgotten\n")
          const { tree } = yield* engine.graph.get(version).pipe(Effect.orDie)
          director.before({ actor: "writer", call: /^refs head\/ledger/ }, collect)
          const draft = { artifact, parents: [version], tree, origin: "local", message: "" } as const
          const act: Effect.Effect<unknown, unknown> =
            what === "append" ? engine.graph.append(draft) : engine.graph[what](artifact, "again", version)
          const outcome = yield* attempt(director.as("writer", act), /VersionNotFound|was collected before/)
          if (outcome !== "refused") throw new Lost(`${what} named a version that was collected`)
        })
    }
  }),
  {
    // The lists of what it stores are objects, older than the grace when they are marked; nothing names them yet.
    name: "an import of very many versions is overtaken by a whole collection between two attempts",
    play: ({ attempt, capture, collect, director, engine }) =>
      Effect.gen(function* () {
        const { tree } = yield* engine.graph.get(yield* capture("first\n")).pipe(Effect.orDie)
        const versions = Array.from({ length: 2001 }, (_, i) => ({ artifact, parents: [], tree, message: `${i}` }))
        director.before(
          { actor: "writer", call: /^commit/ },
          Effect.andThen(
            Effect.sync(() => director.pass(2 * grace)),
            collect
          )
        )
        yield* attempt(
          director.as("writer", engine.graph.appendMany({ versions })),
          /was collected before the operation/
        )
      })
  },
  {
    // Its first look found everything there; refused because the head had moved, it has to look once more.
    name: "a version is collected between two attempts to name it",
    play: ({ attempt, collect, director, engine, forget }) =>
      Effect.gen(function* () {
        const version = yield* forget("forgotten\n")
        director.before({ actor: "writer", call: /^commit/ }, collect)
        const act = engine.graph.createBranch(artifact, "again", version)
        const outcome = yield* attempt(director.as("writer", act), /VersionNotFound/)
        if (outcome !== "refused") throw new Lost("createBranch named a version that was collected")
      })
  }
]

/** Plays a schedule in a fresh store. Dies with {@link Lost} where anything is not there that must be. */
export const playSchedule = (modules: Modules, { name, play }: Schedule): Effect.Effect<void> => {
  const director = makeDirector()
  let ids = 0
  const lose = (what: string): never => {
    throw new Lost(`${name}: ${what}\n${director.trace().slice(-60).join("\n")}`)
  }
  return Effect.gen(function* () {
    const built = yield* build(modules, director)
    const { engine, tree } = built
    const capture = Effect.fnUntraced(function* (text: string) {
      tree.write("kit", "skills/a/SKILL.md" as FilePath, text)
      const { versions } = yield* Effect.orDie(engine.snapshots.capture({ collection: kit, root: "kit" }))
      return versions[0]?.id ?? lose("nothing was captured")
    })
    const collect = Effect.asVoid(Effect.orDie(engine.maintenance.collect({ window })))
    yield* capture("always there\n")
    const forget = Effect.fnUntraced(function* (text: string) {
      const before = "always there\n"
      tree.write("kit", "skills/a/SKILL.md" as FilePath, text)
      const { operation, versions } = yield* engine.snapshots.capture({ collection: kit, root: "kit" })
      yield* Effect.flatMap(engine.ledger.planUndo({ operation: operation.id }), (plan) => engine.ledger.apply(plan))
      yield* engine.maintenance.prune({ last: 0 })
      tree.write("kit", "skills/a/SKILL.md" as FilePath, before)
      director.pass(10 * grace)
      return versions[0]?.id ?? lose("nothing was captured")
    }, Effect.orDie)
    const attempt = Effect.fnUntraced(function* <A>(act: Effect.Effect<A, unknown>, refusals: RegExp) {
      const exit = yield* Effect.exit(act)
      if (Exit.isSuccess(exit)) return "done" as const
      const error = Cause.squash(exit.cause)
      const told = `${(error as { readonly _tag?: string })._tag ?? ""} ${String(error)}`
      return refusals.test(told) ? ("refused" as const) : lose(told)
    })
    yield* play({ ...built, director, capture, forget, collect, attempt })
    if (director.missed().length > 0) lose(`it never came to ${director.missed().join(", ")}`)
    const whole = Effect.gen(function* () {
      const { affected, findings } = yield* engine.maintenance.verify()
      if (findings.length + affected.length > 0) lose(JSON.stringify({ findings, affected }))
    }).pipe(Effect.orDie)
    yield* whole
    director.pass(10 * grace)
    yield* collect
    yield* whole
  }).pipe(
    Effect.provideService(Clock.Clock, director.clock),
    Effect.provideService(modules.CollectGrace, grace),
    Effect.provideService(modules.IdSource, { next: (kind: string) => `${kind}-${String(++ids).padStart(6, "0")}` }),
    Effect.orDie
  ) as Effect.Effect<void>
}
