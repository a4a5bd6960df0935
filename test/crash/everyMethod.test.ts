/** Every method that hosts can call is one that changes nothing, or one whose every step is killed: the types make the list whole. */
import { describe, expect, it } from "vitest"
import type { Tidemark } from "../../src/promise/Tidemark.ts"
import { type JobName, jobs } from "../support/crash/jobs.ts"

/** `reads`: changes nothing. `stores`: puts content there that nothing names yet, as captures do before they commit. */
type Kind = "reads" | "stores" | readonly [JobName, ...ReadonlyArray<JobName>]

type Services = Omit<Tidemark, "close" | typeof Symbol.asyncDispose>

const methods: { readonly [Service in keyof Services]: { readonly [Method in keyof Services[Service]]: Kind } } = {
  snapshots: {
    capture: ["capture, the first", "capture", "capture from memory", "capture a large file"],
    get: "reads",
    list: "reads",
    artifacts: "reads",
    paths: "reads",
    read: "reads",
    diff: "reads",
    restore: ["restore"],
    names: "reads",
    moveBranch: ["fork a collection", "move a collection's branch", "delete a collection's branch"],
    createTag: ["tag a collection", "move a collection's tag"],
    removeTag: ["remove a collection's tag"],
    positions: "reads",
    resolve: "reads"
  },
  versions: {
    append: ["append a version"],
    appendMany: ["import versions"],
    get: "reads",
    getMany: "reads",
    history: "reads",
    parents: "reads",
    children: "reads",
    ancestors: "reads",
    descendants: "reads",
    mergeBases: "reads",
    isAncestor: "reads",
    aheadBehind: "reads",
    resolve: "reads",
    createTag: ["create a tag", "move a tag"],
    removeTag: ["remove a tag"],
    releases: "reads",
    tags: "reads",
    createBranch: ["create a branch"],
    moveBranch: ["move a branch"],
    renameBranch: ["rename a branch"],
    deleteBranch: ["delete a branch"],
    branches: "reads",
    positions: "reads",
    containing: "reads",
    lags: "reads",
    blame: "reads",
    graph: "reads",
    text: "reads"
  },
  deployments: {
    plan: "stores",
    planRetire: "stores",
    apply: ["deploy", "adopt", "retire", "deploy a large file"],
    current: "reads",
    whereDeployed: "reads",
    history: "reads"
  },
  drift: { check: "reads", nearest: "reads" },
  sync: { plan: "stores", apply: ["update merge", "update overwrite", "update keep"] },
  conflicts: {
    list: "reads",
    view: "reads",
    show: "reads",
    recorded: "reads",
    forget: ["forget resolutions"],
    plan: "stores",
    apply: ["resolve whole", "resolve one hunk", "resolve all hunks"]
  },
  rollback: { plan: "stores", apply: ["roll back to a snapshot", "roll back to an operation"] },
  ledger: {
    get: "reads",
    head: "reads",
    list: "reads",
    verify: "reads",
    export: "reads",
    describe: "reads",
    planUndo: "stores",
    planRedo: "stores",
    apply: ["undo an update", "undo a deployment", "undo a capture", "redo"]
  },
  merge: {
    text: "reads",
    trees: "stores",
    versions: "stores",
    cherryPick: "stores",
    octopus: "stores",
    revert: "stores"
  },
  maintenance: {
    statistics: "reads",
    verify: "reads",
    prune: ["prune"],
    collect: ["collect"],
    repair: ["repair"],
    backup: ["backup"],
    restore: ["take a backup back"]
  },
  exchange: {
    answer: ["receive a push", "receive collections and removals"],
    compare: "reads",
    pull: ["pull", "pull collections"],
    push: ["receive a push", "receive collections and removals"],
    tracked: "reads"
  }
}

describe("jobs that are killed", () => {
  it("are those that some method does, all of them", () => {
    const named = Object.values(methods).flatMap((service) =>
      Object.values(service).filter((kind) => Array.isArray(kind))
    )
    expect([...new Set(named.flat())].sort()).toEqual(Object.keys(jobs).sort())
  })
})
