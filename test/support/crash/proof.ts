/** Kills operations wherever they can be killed, and looks at what is left: all of the old, or all of the new. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { expect } from "vitest"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { look } from "../../adapters/filesystem/support/scenario.ts"
import { unlock } from "../../adapters/filesystem/support/stops.ts"
import { forgetLocks } from "../../adapters/filesystem/support/store.ts"
import { type CrashEngine, withEngine } from "./engine.ts"
import { type Job, jobs } from "./jobs.ts"
import { pointed } from "./points.ts"
import { stages } from "./stageList.ts"
import { type Site, type StageName, stageNames } from "./stages.ts"
import type { Adapter, Held } from "./stores.ts"

/** A store and a project that belong together. */
export interface Scene extends Site {
  readonly folder: string
  readonly place: string
}

interface State extends Held {
  readonly files: ReturnType<typeof look>
}

/** What an operation starts from and comes to, and the points on the way. */
export interface Route {
  readonly name: string
  readonly job: Job
  readonly before: State
  readonly after: State
  readonly labels: ReadonlyArray<string>
  /** The points before which something outside the process has changed: at others, it leaves what it left at the one before. */
  readonly changes: ReadonlyArray<number>
}

/** How a killed operation ended. `through`: it was done before the point was reached. */
export type End = "old" | "new" | "through"

/** What befalls an operation: its fiber is interrupted, or a step on a disk fails with a code of the system. */
export type Disturbance = "interrupt" | "EIO" | "ENOSPC" | "EACCES"

/** How a disturbed operation ended, and how many points it passed. */
export interface Disturbed {
  readonly end: "old" | "new"
  readonly points: number
  readonly isReached: boolean
}

const jobTime = 1_800_000_000_000

/** What stands in a control folder when nothing is left to do there. */
const atRest = [".gitignore", "staging"]

/** Removes the locks of a project and of a store's directory, as finding their holder dead does. */
const forgetAllLocks = ({ place, root }: Scene): void => {
  unlock(root)
  if (fs.existsSync(join(place, "locks"))) forgetLocks(place)
}

/** Whatever the system refuses is an error of ours, or of the host where the step was its own. */
const expectTyped = (cause: Cause.Cause<unknown>, where: string): void => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  expect((error as { _tag?: string } | undefined)?._tag, `${where}: ${Cause.pretty(cause)}`).toMatch(
    /^(WorkingTreeError|StorageError|PeerError|HostError)$/
  )
}

export class Proof {
  readonly #adapter: Adapter
  readonly #base: string
  readonly #script: string | undefined
  readonly #stages = new Map<StageName, Promise<Scene>>()
  readonly #routes = new Map<string, Promise<Route>>()
  #made = 0

  /** `script` is what is killed; without one, operations are only disturbed. */
  constructor(adapter: Adapter, base: string, script?: string) {
    this.#adapter = adapter
    this.#base = base
    this.#script = script
  }

  /** Runs `use` with an engine on a scene. */
  engine<A, E>({ place }: Scene, name: string, time: number, use: (engine: CrashEngine) => Effect.Effect<A, E>) {
    const ports = { storage: this.#adapter.layer(place), files: makeWorkingTree() }
    return Effect.runPromise(withEngine(ports, { name, time }, use))
  }

  async state({ place, root }: Scene): Promise<State> {
    return { ...(await this.#adapter.held(place)), files: look(root) }
  }

  /** A copy of a stage, with what somebody does to files before the operation. `base`: where it is put. */
  async scene({ edit, stage }: Pick<Job, "edit" | "stage">, base = this.#base): Promise<Scene> {
    const scene = await this.#copy(await this.#stage(stage), base)
    edit?.(scene)
    return scene
  }

  async remove(scene: Scene): Promise<void> {
    await this.#adapter.remove(scene.place)
    fs.rmSync(scene.folder, { recursive: true, force: true })
  }

  /** What an operation does when nobody kills it. */
  route(name: string): Promise<Route> {
    const known = this.#routes.get(name) ?? this.#walk(name)
    this.#routes.set(name, known)
    return known
  }

  /** Kills an operation at a point, and looks at what is left once it was recovered. */
  async kill(route: Route, point: number): Promise<End> {
    const { job, labels, name } = route
    const where = `${this.#adapter.name}: ${name}, killed at ${point} of ${labels.length}, ${labels[point]}`
    const scene = await this.scene(job)
    const { signal } = await this.#child(this.#script ?? "", scene, name, point)
    const end = await this.#verdict(route, scene, where)
    await this.remove(scene)
    if (signal !== "SIGKILL") return "through"
    return end
  }

  /**
   * Disturbs an operation within this process, at one of its calls of storage or steps on a disk: interrupts its fiber, or
   * lets the step fail as the system would. Then looks at what is left, at once and recovered.
   */
  async disturb(route: Route, at: number, how: Disturbance): Promise<Disturbed> {
    const { job, name } = route
    const scene = await this.scene(job)
    let [points, label] = [0, ""]
    let stop = (): void => undefined
    const onPoint = (told: string) => {
      if (how !== "interrupt" && !/^(files|store) /.test(told)) return
      if (points++ !== at) return
      label = told.split(" /")[0] ?? told
      if (how === "interrupt") stop()
      else throw Object.assign(new Error(`${how}: ${told}`), { code: how })
    }
    const ports = {
      storage: pointed(this.#adapter.layer(scene.place, onPoint), onPoint),
      files: makeSteppedWorkingTree({ onStep: (_, told) => onPoint(`files ${told}`) })
    }
    const fiber = Effect.runFork(withEngine(ports, { name: "job", time: jobTime }, (engine) => job.run(engine, scene)))
    stop = () => fiber.interruptUnsafe()
    const exit = await Effect.runPromise(Fiber.await(fiber))
    const where = `${this.#adapter.name}: ${name}, ${how} at point ${at}, ${label}`
    if (Exit.isFailure(exit) && how !== "interrupt") expectTyped(exit.cause, where)
    // A lock that could not be given back is stale once its process ends; this one goes on.
    if (how !== "interrupt") forgetAllLocks(scene)
    const end = await this.#verdict(route, scene, where)
    if (Exit.isSuccess(exit) && job.law === undefined) {
      expect(end, `${where}: what was answered as done is done`).toBe("new")
    }
    await this.remove(scene)
    return { end, points, isReached: label !== "" }
  }

  /**
   * Does an operation on a disk with so many bytes of room, and gives it room where that was not enough. `fill` takes all
   * but that much of the disk, and `free` gives it back.
   */
  async fill(
    route: Route,
    disk: { readonly base: string; readonly fill: (spare: number) => void; readonly free: () => void },
    spare: number
  ): Promise<"full" | "enough"> {
    const { job, name } = route
    const scene = await this.scene(job, disk.base)
    disk.fill(spare)
    const where = `${this.#adapter.name}: ${name}, with ${spare} bytes of room`
    const ports = { storage: this.#adapter.layer(scene.place), files: makeWorkingTree() }
    const exit = await Effect.runPromiseExit(
      withEngine(ports, { name: "job", time: jobTime }, (engine) => job.run(engine, scene))
    )
    disk.free()
    if (Exit.isFailure(exit)) expectTyped(exit.cause, where)
    const end = await this.#verdict(route, scene, where)
    if (Exit.isFailure(exit) && job.law === undefined) expect(end, where).toBe("old")
    await this.remove(scene)
    return Exit.isFailure(exit) ? "full" : "enough"
  }

  /** Recovers what an operation left, says what it is, and does it again where it is not done. */
  async #verdict(route: Route, scene: Scene, where: string): Promise<"old" | "new"> {
    const { after, before, job } = route
    await this.recover(scene, job)
    const found = await this.state(scene)
    const isNew = found.catalog === after.catalog && found.catalog !== before.catalog
    if (job.law === "steps") this.#judgeSteps(found, route, where)
    else this.#judge(found, isNew ? after : before, route, where)
    this.#atRest(scene, where)
    const again = `${where}; and then done again`
    const end = isNew ? "new" : "old"
    if (isNew && job.law !== "steps") return end
    // Nothing is in the way of doing it again, and then it comes to the same.
    await this.engine(scene, "job", jobTime, (engine) => job.run(engine, scene))
    if (job.law === "steps") {
      await this.recover(scene, { ...job, isDamaged: false })
      this.#judgeDone(await this.state(scene), route, again)
    } else this.#judge(await this.state(scene), after, route, again)
    return end
  }

  /** Some of an operation: nothing that is there before and after is ever missing, and nothing else has come. */
  #judgeSteps(found: State, { after, before, job: { passing } }: Route, where: string): void {
    expect([before.files, after.files], where).toContainEqual(found.files)
    expect(found.leftovers, where).toEqual([])
    const there = new Set(found.objects)
    const lasting = before.objects.filter((id) => after.objects.includes(id) && passing?.has(id) !== true)
    expect(
      lasting.filter((id) => !there.has(id)),
      `${where}: objects that are gone`
    ).toEqual([])
    const known = new Set([...before.objects, ...after.objects, ...(passing ?? [])])
    expect(
      found.objects.filter((id) => !known.has(id)),
      `${where}: objects of nobody's`
    ).toEqual([])
  }

  /** An operation that was begun twice: names and content are as if it had been done once. */
  #judgeDone(found: State, { after }: Route, where: string): void {
    expect(found.files, where).toEqual(after.files)
    expect(found.leftovers, where).toEqual([])
    expect(found.names, where).toEqual(after.names)
    expect(found.objects, where).toEqual(after.objects)
  }

  #judge(found: State, expected: State, { after, before }: Pick<Route, "before" | "after">, where: string): void {
    expect(found.catalog, where).toBe(expected.catalog)
    expect(found.files, where).toEqual(expected.files)
    expect(found.leftovers, where).toEqual([])
    const known = new Set([...before.objects, ...after.objects])
    expect(
      found.objects.filter((id) => !known.has(id)),
      `${where}: objects of nobody's`
    ).toEqual([])
    const there = new Set(found.objects)
    expect(
      expected.objects.filter((id) => !there.has(id) && (expected === after || before.objects.includes(id))),
      `${where}: objects that are gone`
    ).toEqual([])
  }

  #atRest({ root }: Scene, where: string): void {
    const control = join(root, ".tidemark")
    const names = fs.existsSync(control) ? fs.readdirSync(control, { recursive: true, encoding: "utf8" }) : []
    expect(
      names.filter((name) => !atRest.includes(name)),
      where
    ).toEqual([])
  }

  /** Opens what a dead process left, and recovers it twice: the second time clears away what the first has taken. */
  async recover(scene: Scene, { check, isDamaged }: Pick<Job, "check" | "isDamaged">): Promise<void> {
    const { root } = scene
    await this.engine(scene, "recovery", jobTime, (engine) =>
      Effect.gen(function* () {
        const { log, maintenance, workingTree } = engine
        const oracle = {
          store: yield* log.storeId,
          happened: (apply: string) => Effect.map(log.byApply(apply), (operation) => operation !== null)
        }
        yield* workingTree.recover(root, oracle)
        yield* workingTree.recover(root, oracle)
        // The ledger, and all that is stored.
        const { findings } = yield* maintenance.verify()
        if (isDamaged !== true) expect(findings).toEqual([])
        if (check !== undefined) yield* check(engine, scene)
      })
    )
  }

  async #walk(name: string): Promise<Route> {
    const job = jobs[name]
    if (job === undefined) throw new Error(`no such job: ${name}`)
    const scene = await this.scene(job)
    // Opening makes a store where there was none: that is not the operation's doing.
    await this.recover(scene, job)
    const before = await this.state(scene)
    await this.remove(scene)
    const done = await this.scene(job)
    const out = this.#script === undefined ? "[]" : (await this.#child(this.#script, done, name, -1)).out
    if (this.#script === undefined) await this.engine(done, "job", jobTime, (engine) => job.run(engine, done))
    await this.recover(done, { ...job, isDamaged: false })
    const after = await this.state(done)
    this.#judge(after, after, { before, after }, `${name}, not killed`)
    if (job.law === "reads") expect(after.catalog, `${name} changes nothing`).toBe(before.catalog)
    else expect(after.catalog, `${name} changes something`).not.toBe(before.catalog)
    await this.remove(done)
    const points: ReadonlyArray<readonly [string, boolean]> = JSON.parse(out)
    const changes = [...points.keys()].filter((n) => points[n]?.[1])
    return { name, job, before, after, labels: points.map(([label]) => label), changes }
  }

  #child(script: string, { collection, place, root }: Scene, job: string, point: number) {
    const args = [this.#adapter.name, place, root, collection, job, `${point}`]
    return new Promise<{ readonly signal: string | null; readonly out: string }>((resolve, reject) => {
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args], {
        env: { ...process.env, NODE_COMPILE_CACHE: join(this.#base, "compiled") }
      })
      let [out, errors] = ["", ""]
      child.stdout.on("data", (data) => {
        out += data
      })
      child.stderr.on("data", (data) => {
        errors += data
      })
      child.on("error", reject)
      child.on("close", (code, signal) => {
        if (signal === "SIGKILL" || code === 0) resolve({ signal, out })
        else reject(new Error(`${job} at ${point} ended with ${code}: ${errors}`))
      })
    })
  }

  #folder(name: string, base = this.#base): Scene {
    const folder = join(base, `${this.#adapter.name}-${name}-${this.#made++}`)
    const site = { root: join(folder, "root"), collection: join(folder, "collection") }
    for (const at of Object.values(site)) fs.mkdirSync(at, { recursive: true })
    return { folder, place: "", ...site }
  }

  async #copy(from: Scene, base = this.#base): Promise<Scene> {
    const to = this.#folder("copy", base)
    for (const part of ["root", "collection"] as const) {
      fs.cpSync(from[part], to[part], { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    }
    return { ...to, place: await this.#adapter.copy(from.place, to.folder) }
  }

  #stage(name: StageName): Promise<Scene> {
    const known = this.#stages.get(name) ?? this.#build(name)
    this.#stages.set(name, known)
    return known
  }

  async #build(name: StageName): Promise<Scene> {
    const { after, edit, steps } = stages[name]
    const fresh = this.#folder(name)
    const scene =
      after === null
        ? { ...fresh, place: await this.#adapter.fresh(fresh.folder) }
        : await this.#copy(await this.#stage(after))
    edit?.(scene)
    if (steps.length === 0) return scene
    const time = 1_700_000_000_000 + stageNames.indexOf(name) * 1000
    await this.engine(scene, name, time, (engine) =>
      Effect.forEach(steps, (step) => step(engine, scene), { discard: true })
    )
    return scene
  }
}
