/** The story as a page in the terminal. */
import type { Chapter, Listener } from "./story.ts"
import { clip, clipPath, duration, number, type Output, paint, progressBar, several, wrap } from "./terminal.ts"

type Of<Name extends Chapter["chapter"]> = Extract<Chapter, { readonly chapter: Name }>
type Row = Of<"plan">["paths"][number]

const meaning: { readonly [name: string]: string } = {
  clean: "as it was deployed, and as upstream has it",
  outdated: "changed upstream, not here",
  modified: "changed here, not upstream",
  both: "changed on both sides, differently",
  converged: "changed on both sides, alike",
  eolOnly: "only the line endings differ",
  deleted: "deleted here",
  addedUpstream: "new upstream",
  removedUpstream: "removed upstream, not changed here",
  conflicted: "an earlier conflict is open",
  localOnly: "known to this project alone"
}

const colours: { readonly [name: string]: Parameters<typeof paint>[0] } = {
  both: "yellow",
  modified: "cyan",
  deleted: "cyan",
  localOnly: "cyan",
  outdated: "green",
  addedUpstream: "green",
  removedUpstream: "green",
  write: "green",
  remove: "red",
  conflict: "yellow",
  keep: "cyan",
  conflicted: "yellow"
}

const tint = (name: string, text: string): string => paint(colours[name] ?? "dim", text)
const list = (counts: { readonly [name: string]: number }): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(" · ")

/** Up to this many rows a plan is shown whole. */
const fewRows = 40
const rowsOfKind = 3

/** All conflicts, and some of every other kind. What stays as it is needs no row. */
const selectRows = (rows: ReadonlyArray<Row>): ReadonlyArray<readonly [kind: ReadonlyArray<Row>, shown: number]> => {
  const telling = rows.filter(({ action }) => action !== "none")
  const kinds = Map.groupBy(telling, ({ action, class: drift }) => `${action} ${drift}`)
  const order = ["conflict", "write", "remove", "keep"]
  return [...kinds.values()]
    .sort((a, b) => order.indexOf(a[0]?.action ?? "") - order.indexOf(b[0]?.action ?? "") || b.length - a.length)
    .map((kind) => {
      const whole = telling.length <= fewRows || kind[0]?.action === "conflict" || kind.length === rowsOfKind + 1
      return [kind, whole ? kind.length : Math.min(kind.length, rowsOfKind)] as const
    })
}

export const makePrinter = (output: Output): Listener & { readonly troubles: () => number } => {
  const width = Math.min(Math.max(output.columns ?? 100, 60), 120)
  let chapters = 0
  let troubles = 0
  let title = ""
  let bar = progressBar({ write: () => {} }, "")

  const line = (text = "") => output.write(text === "" ? "\n" : `    ${text}\n`)
  const check = (good: boolean, yes: string, no: string, paths: ReadonlyArray<string>) => {
    if (good) {
      line(`${paint("green", "✔")} ${yes}`)
      return
    }
    troubles += 1
    line(`${paint("red", "✘")} ${no}`)
    for (const path of paths.slice(0, 10)) line(`  ${path}`)
  }

  const captured = (chapter: Of<"captureV1" | "captureV2">) => {
    line(
      `${several(chapter.files, "file")} in ${several(chapter.artifacts, "artifact")}: ${list(chapter.artifactsByType)}`
    )
    line(`${several(chapter.storedObjects, "object")} stored, ${several(chapter.newVersions, "new version")}`)
  }

  /** One kind of rows: what is done and why it is drift, then path and reason of some of them. */
  const kind = (rows: ReadonlyArray<Row>, shown: number) => {
    const [first] = rows
    if (first === undefined) return
    const { action, class: drift } = first
    line(`${tint(action, action.padEnd(9))} ${drift} · ${number(rows.length)}`)
    const some = rows.slice(0, shown)
    const room = width - 16
    const longestReason = Math.max(...some.map(({ reason }) => reason.length))
    const longestPath = Math.max(...some.map(({ path }) => path.length))
    const paths = Math.min(longestPath, Math.max(room - longestReason, Math.floor(room * 0.6)))
    const reasons = Math.min(longestReason, room - paths)
    for (const { path, reason } of some) {
      line(`          ${clipPath(path, paths).padEnd(paths)}  ${paint("dim", clip(reason, reasons))}`)
    }
    if (shown < rows.length) line(paint("dim", `          … and ${number(rows.length - shown)} more`))
  }

  const tell: { readonly [Name in Chapter["chapter"]]: (chapter: Of<Name>) => void } = {
    captureV1: captured,
    captureV2: captured,
    deploy: ({ actions, deployments, project }) =>
      line(`${several(deployments, "artifact")} into project ${paint("bold", project)}: ${list(actions)}`),
    edits: ({ added, changed, deleted }) => {
      line(`${several(changed, "file")} changed, ${number(deleted)} deleted, ${number(added.length)} of their own:`)
      for (const path of added.slice(0, 5)) line(`  ${path}`)
    },
    drift: ({ artifacts, counts, paths }) => {
      const most = Math.max(...Object.values(counts))
      const column = Math.max(...Object.keys(counts).map((name) => name.length))
      for (const [name, count] of Object.entries(counts)) {
        if (count === 0) continue
        const length = Math.max(1, Math.round((count / most) * 20))
        const said = paint("dim", meaning[name] ?? "")
        line(
          `${tint(name, name.padEnd(column))} ${number(count).padStart(6)}  ${tint(name, "▇".repeat(length).padEnd(20))}  ${said}`
        )
      }
      line(`${"".padEnd(column)} ${number(paths).padStart(6)}  paths`)
      line(`artifacts: ${list(artifacts)}`)
    },
    plan: ({ actions, paths }) => {
      line(`${list(actions)}; decided, nothing done yet`)
      line()
      for (const [rows, shown] of selectRows(paths)) kind(rows, shown)
    },
    update: ({ actions, capturedVersions, copies }) => {
      line(`${number(actions.write ?? 0)} written, ${number(actions.remove ?? 0)} removed, as one operation`)
      line(`${several(capturedVersions, "version")} captured of artifacts that now hold both sides' changes`)
      if (copies.length > 0) line(`saved meanwhile, and kept: ${copies.join(", ")}`)
    },
    conflicts: ({ kinds, open, remaining, shown }) => {
      if (open.length === 0) {
        line("There are none.")
        return
      }
      line(
        `${several(open.length, "conflict")} stored (${list(kinds)}); the files hold the user's own text, without markers`
      )
      for (const { kind, path } of open.slice(0, 30))
        line(`  ${tint("conflict", kind.padEnd(13))} ${clipPath(path, width - 24)}`)
      if (open.length > 5) line(paint("dim", `  … and ${number(open.length - 5)} more`))
      if (shown === null) return
      line()
      line(`${paint("bold", shown.path)}, with markers, for whoever asks for them:`)
      for (const text of excerpt(shown.markers)) line(`  ${marked(clip(text, width - 8))}`.trimEnd())
      line()
      line(
        `resolved through the API: upstream's text in the disputed lines, both sides' everywhere else; ${number(remaining)} left`
      )
    },
    rollback: ({ actions, edits, editsLost, otherDifferences }) => {
      line(list(actions))
      check(
        editsLost.length === 0,
        `each of the user's ${several(edits, "edit")} is there, byte for byte`,
        `${several(editsLost.length, "edit")} of ${number(edits)} changed:`,
        editsLost
      )
      check(
        otherDifferences.length === 0,
        "every other file is as the first edition has it; what the second brought is gone",
        `${several(otherDifferences.length, "other file")} not as the first edition has it:`,
        otherDifferences
      )
    },
    undo: ({ actions, different, files }) => {
      line(list(actions))
      check(
        different.length === 0,
        `all ${several(files, "file")} of the project are as they were before the rollback, byte for byte`,
        `${several(different.length, "file")} not as before the rollback:`,
        different
      )
    },
    ledger: ({ operations, verified }) => {
      for (const { id, says } of operations) {
        const [first = "", ...more] = wrap(says, width - 14)
        line(`${paint("dim", id.slice(0, 8))}  ${first}`)
        for (const part of more) line(`          ${part}`)
      }
      check(
        verified.findings === 0,
        `verified: ${several(verified.operations, "operation")}, ${several(verified.records, "record")}, an unbroken chain of hashes`,
        `${several(verified.findings, "finding")} in the ledger`,
        []
      )
    },
    graph: ({ artifact, text }) => {
      line(paint("bold", artifact))
      for (const text_ of text.split("\n")) line(`  ${clip(text_, width - 6)}`)
    }
  }

  return {
    begin: (name) => {
      title = name
      bar = progressBar(output, title)
      return bar.tell
    },
    end: (chapter, milliseconds) => {
      bar.clear()
      chapters += 1
      // What the user does takes no time of the engine's.
      const time = chapter.chapter === "edits" ? "" : duration(milliseconds)
      const head = `${String(chapters).padStart(2)}  ${title}`
      output.write(`\n${paint("bold", head)}${paint("dim", time.padStart(Math.max(2, width - head.length)))}\n`)
      ;(tell[chapter.chapter] as (chapter: Chapter) => void)(chapter)
    },
    troubles: () => troubles
  }
}

const context = 3
const excerptLines = 24

/** The part of a text around its first conflict. */
const excerpt = (text: string): ReadonlyArray<string> => {
  const lines = text.replace(/\n$/, "").split("\n")
  const first = lines.findIndex((line) => line.startsWith("<<<<<<<"))
  const last = lines.findIndex((line, index) => index > first && line.startsWith(">>>>>>>"))
  const from = Math.max(0, first - context)
  const to = Math.min(lines.length, (last < 0 ? first : last) + context + 1)
  const part = lines.slice(from, to)
  const shown =
    part.length <= excerptLines
      ? part
      : [...part.slice(0, excerptLines / 2), "…", ...part.slice(part.length - excerptLines / 2)]
  return [...(from > 0 ? ["…"] : []), ...shown, ...(to < lines.length ? ["…"] : [])]
}

const marked = (line: string): string =>
  /^(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)/.test(line) ? paint("yellow", line) : line
