/** Where our merge of a history and git's differ, told as classes. */
import { type GitMerge, gitTreeId } from "./gitHistories.ts"
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
 * Compares two merges: null where they agree. Both agree that a path is in conflict where a directory and a file want
 * it, though git gives the file another name, and looks into the directory where ours is one conflict.
 */
export const compareHistory = (git: GitMerge, ours: OurMerge): string | null => {
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
  const copied = ours.paths.some(
    ({ ours: left, renames, theirs: right }) => renames.length > 0 && left !== null && left.id === right?.id
  )
  if (git.clean !== clean || git.clean) {
    if (git.clean && said(/collision/)) return "git leaves markers in a file that it calls clean"
    if (clean && said(/unclear split/)) return "fewer conflicts: a directory was split, but nothing was added to it"
    if (git.clean && whole.length > 0 && said(/due to directory rename/)) {
      return "git writes a file and a directory under one name"
    }
    if (copied)
      return "both sides have a renamed file: we keep what else one has at the old path, git merges or drops it"
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
