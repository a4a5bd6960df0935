/** Where our merge of a history and git's differ, told as classes. */
import { mergeText } from "../../../src/algo/text/mergeText.ts"
import { type GitMerge, gitTreeId } from "./gitHistories.ts"
import type { File, Files, History } from "./histories.ts"
import type { OurMerge } from "./mergeHistory.ts"

/** Kinds of conflict of ours, by the kinds that git says of such a path. */
const gitKinds: { readonly [kind: string]: RegExp } = {
  content: /contents|binary|collision/,
  binary: /contents|binary/,
  "add/add": /contents/,
  "modify/delete": /modify\/delete|rename\/delete/,
  "directory/file": /file\/directory|rename\/rename|directory rename/,
  type: /distinct modes|distinct types/,
  mode: /contents/,
  symlink: /contents/,
  "rename/rename(1to2)": /rename\/rename/,
  "rename/rename(2to1)": /contents|collision|distinct/,
  "rename/add": /contents|collision|distinct/,
  "rename/delete": /rename\/delete|modify\/delete/,
  "directory-rename": /directory rename suggested/,
  "directory-rename/split": /unclear split/,
  "directory-rename/collision": /in way of directory rename|directory rename collision/
}

const within = (parents: ReadonlyArray<string>, path: string) =>
  parents.find((parent) => path === parent || path.startsWith(`${parent}/`)) ?? path

/** What git says conflicts, on the paths that we say it of. */
const conflictedByGit = (git: GitMerge, ours: OurMerge): ReadonlySet<string> => {
  const paths = new Set(git.conflicted)
  for (const { kind, paths: named } of git.messages) {
    // Told in words alone: the files that were to be led to one place stay where they are.
    if (/in way of directory rename|directory rename collision/.test(kind)) {
      for (const path of named.slice(1)) paths.add(path)
    }
    if (/unclear split/.test(kind)) {
      for (const { conflict, path } of ours.conflicts) {
        if (conflict?.kind === "directory-rename/split" && path.startsWith(`${named[0]}/`)) paths.add(path)
      }
    }
  }
  return paths
}

/**
 * Files that one side moved to where the other side has the very same file, while at the old path that other side has
 * something else by now. Both agree about the new path, so we keep both; git takes such a path for settled before it
 * looks at renames, and then either drops what is at the old path, or puts it in place of what both agree about.
 */
const agreed = (ours: OurMerge, { ours: left, theirs: right }: History) => {
  // What stands at the old path may be in the way of a directory: then it is kept in a conflict.
  const asked: ReadonlyArray<string> = ours.conflicts.map(({ path }) => path)
  return ours.paths.flatMap(({ base, path, renames }) =>
    renames.flatMap(({ from, side }) => {
      const [a, b] = [left.get(path), right.get(path)]
      const kept = (side === "ours" ? right : left).get(from)
      const alike = a !== undefined && b !== undefined && a.mode === b.mode && a.bytes.equals(b.bytes)
      if (!alike || kept === undefined) return []
      // What git makes of the three, where it thinks that the edit follows the file.
      const merged = mergeText(base === null ? "" : ours.bytesOf(base.id), a.bytes, kept.bytes, { profile: "git-ort" })
      const edited = { ...a, bytes: Buffer.from(merged.bytes) }
      const dropped = (files: Files) => new Map([...files].filter(([at]) => at !== from))
      return [
        {
          from,
          sound:
            ours.files.get(path)?.bytes.equals(a.bytes) === true &&
            (ours.files.has(from) || within(asked, from) !== from || asked.includes(from)),
          marked: merged.conflicts > 0,
          answers: [
            ["git drops what one side has at the old path of a file that both have alike at its new one", dropped],
            [
              "git puts what one side has at the old path of a file in place of what both have alike at its new one",
              (files: Files) => new Map([...dropped(files), [path as string, edited] as const])
            ],
            [
              "git puts what one side has at the old path of a file in place of what both have alike at its new one",
              (files: Files) =>
                new Map([...dropped(files), [path as string, { ...edited, mode: kept.mode } as File] as const])
            ]
          ] as const
        }
      ]
    })
  )
}

/** Which of those explains git's tree to the byte. Markers hold names of commits, so there what git says must do. */
const explainAgreed = (git: GitMerge, ours: OurMerge, history: History): string | null => {
  const places = agreed(ours, history)
  if (places.length === 0 || !places.every(({ sound }) => sound)) return null
  // Of a directory and a file in each other's way, dropping may leave one.
  const whole = new Map(ours.files)
  for (const { conflict, path } of ours.conflicts) {
    if (conflict?.kind !== "directory/file") continue
    for (const side of [history.ours, history.theirs]) {
      for (const [at, file] of side) if (within([path], at) === path) whole.set(at, file)
    }
  }
  let states: ReadonlyArray<readonly [string | null, Files]> = [[null, whole]]
  for (const { answers } of places) {
    states = states.flatMap(([name, files]) => [
      [name, files] as const,
      ...answers.map(([said, change]) => [name ?? said, change(files)] as const)
    ])
  }
  const found = states.find(([name, files]) => name !== null && gitTreeId(files) === git.tree)
  if (found !== undefined) return found[0]
  const marked = places.some(({ marked }) => marked) && git.messages.some(({ kind }) => /collision/.test(kind))
  return marked ? "git leaves markers in a file that both have alike, and calls it clean" : null
}

/**
 * Compares two merges: null where they agree. Both agree that a path is in conflict where a directory and a file want
 * it, though git gives the file another name, and looks into the directory where ours is one conflict.
 */
export const compareHistory = (git: GitMerge, ours: OurMerge, history: History): string | null => {
  const clean = ours.conflicts.length === 0
  const said = (pattern: RegExp) => git.messages.some(({ kind }) => pattern.test(kind))
  const whole: ReadonlyArray<string> = ours.conflicts.flatMap(({ conflict, path }) =>
    conflict?.kind === "directory/file" ? [path] : []
  )
  const theirs = new Set<string>([...conflictedByGit(git, ours)].map((path) => within(whole, path)))
  const mine = new Set<string>(ours.conflicts.map(({ path }) => within(whole, path)))
  const onlyGit = [...theirs].filter((path) => !mine.has(path))
  const onlyOurs = [...mine].filter((path) => !theirs.has(path))
  if (git.clean && clean && gitTreeId(ours.files) === git.tree) return null
  // What a directory's move leads back to the path that it was moved from.
  const back = git.messages.flatMap(
    ({ text }) => /^Path updated: (.+) renamed to .* moving it to \1\.$/m.exec(text)?.slice(1) ?? []
  )
  if (git.clean !== clean || git.clean) {
    const alike = git.clean ? explainAgreed(git, ours, history) : null
    if (alike !== null) return alike
    if (clean && said(/unclear split/)) return "fewer conflicts: a directory was split, but nothing was added to it"
    if (git.clean && whole.length > 0 && said(/due to directory rename/)) {
      return "git writes a file and a directory under one name"
    }
    const inDirectory = ours.conflicts.every(
      ({ conflict, path }) =>
        conflict?.kind === "directory/file" &&
        agreed(ours, history).some(({ from, sound }) => sound && within([path], from) === path)
    )
    if (git.clean && !clean && inDirectory) {
      return "git drops what one side has below a file of the other, at the old path of a file that both have alike"
    }
    const told = new Set(git.messages.flatMap(({ paths, text }) => (text.startsWith("CONFLICT") ? paths : [])))
    if (git.clean && !clean && ours.conflicts.every(({ path }) => told.has(path))) {
      return "git says that it conflicts, and calls it clean"
    }
    const led = git.messages.flatMap(({ text }) => /^Path updated: .* moving it to (.+)\.$/m.exec(text)?.slice(1) ?? [])
    for (const path of led) {
      const file = ours.files.get(path)
      if (clean && git.clean && file !== undefined && gitTreeId(ours.files, new Set([file])) === git.tree) {
        return "git writes a broken entry where a directory's rename leads a file"
      }
    }
    const without = new Map([...ours.files].filter(([path]) => !back.includes(path)))
    if (clean && git.clean && back.length > 0 && gitTreeId(without) === git.tree) {
      return "git loses a file that its directory takes back to where it was"
    }
    if (clean && back.length > 0)
      return "fewer conflicts: a file that its directory takes back to where it was has not moved"
    return `wrong: ${clean ? "clean" : "conflicted"} here, ${git.clean ? "clean" : "conflicted"} in git`
  }
  if (onlyGit.length === 0 && onlyOurs.length === 0) {
    for (const { conflict, path } of ours.conflicts) {
      const kinds = git.messages.filter(({ paths }) =>
        paths.some((named) => within(whole, named) === within(whole, path) || path.startsWith(`${named}/`))
      )
      const pattern = gitKinds[conflict?.kind ?? ""]
      if (!kinds.some(({ kind }) => pattern?.test(kind))) {
        return `wrong: ${path} is ${conflict?.kind} here, in git ${kinds.map(({ kind }) => kind).join(", ")}`
      }
    }
    return null
  }
  if (onlyOurs.length === 0) {
    if (back.some((path) => onlyGit.includes(path))) {
      return "fewer conflicts: a file that its directory takes back to where it was has not moved"
    }
    const stays = onlyGit.every((path) => ours.files.has(path))
    return stays
      ? "fewer conflicts: what a directory's rename led to the old path of another file is no part of its conflict"
      : `wrong: ${onlyGit} conflict in git alone`
  }
  if (onlyOurs.every((path) => whole.includes(path)) && said(/due to directory rename|directory rename suggested/)) {
    return "git writes a file and a directory under one name"
  }
  if (said(/directory rename suggested/) && onlyGit.length === 0) {
    return "git loses a file that a directory's rename leads to the old path of a renamed file"
  }
  const led = ours.conflicts.filter(({ path }) => onlyOurs.includes(path))
  const inTheWay = git.messages.filter(({ kind }) => /in way of directory rename/.test(kind))
  if (led.every(({ path }) => inTheWay.some(({ paths: [at] }) => at === path))) {
    return "git has a directory in the way that goes away in the merge"
  }
  if (
    onlyGit.length === onlyOurs.length &&
    led.every(({ renames }) => renames.some(({ found }) => found === "exact"))
  ) {
    return "of several equal files, another one is said to have moved"
  }
  return `wrong: ${onlyOurs} conflict here, ${onlyGit} in git`
}
