/** Scanning: an iterative walk that follows no link and reads only what the cache cannot vouch for. */
import { lstatSync, type Stats } from "node:fs"
import { type Ignores, makeIgnores } from "../../core/ignoreRules.ts"
import { depthLimit, type Scan, type ScanEntry, type ScanOptions } from "../../core/WorkingTree.ts"
import type { Oddity } from "../../model/Drift.ts"
import type { FilePath } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Standing, StandingFile } from "../../model/Standing.ts"
import { type Directories, type Directory, lstat } from "./directories.ts"
import { codeOf, type Site } from "./failures.ts"
import { hashFile, readTarget, sha256 } from "./inspect.ts"
import { kindOfName, type Name, sortedNames } from "./names.ts"
import { below, controlName, isControlName, joinOs, type OsPath, parentOf } from "./osPath.ts"
import type { KnownFiles, StatCache } from "./statCache.ts"
import type { Work } from "./work.ts"

interface Walk {
  readonly site: Site
  readonly directories: Directories
  readonly cache: StatCache | undefined
  readonly ignores: Ignores
  readonly entries: Array<ScanEntry>
  readonly oddities: Array<Oddity>
  readonly ignored: Array<FilePath>
}

/** Errors that say nothing of the file at hand, but that the process has run out of something. */
const exhausted = ["EMFILE", "ENFILE", "ENOMEM"]

/** What is known of a file, if these are its stats. */
type Known = (stats: Stats) => Standing | undefined
/** Keeps what a file with these stats held. */
type Remember = (stats: Stats, standing: StandingFile) => void

/**
 * What the cache knows of a file. Looked at by its plain path, which is half as dear as the safe one: if a link on the
 * way leads elsewhere by now, what is there is another file, and unknown.
 */
const recall = ({ cache, directories }: Walk, path: FilePath, known: Known): Standing | undefined => {
  if (cache === undefined || cache.isEmpty) return undefined
  try {
    const stats = lstatSync(joinOs(directories.real, path), { throwIfNoEntry: false })
    return stats?.isFile() === true ? known(stats) : undefined
  } catch {
    // Too long a path, for one: reading it the safe way tells.
    return undefined
  }
}

/** The standing of a name; `undefined` when it vanished, or was reported as odd. */
function* standingOf(
  walk: Walk,
  directory: OsPath,
  { raw, kind }: Name,
  path: FilePath,
  remember: Remember | undefined
): Work<Standing | undefined> {
  const at = typeof raw === "string" && typeof directory === "string" ? `${directory}/${raw}` : joinRaw(directory, raw)
  const odd = (what: Oddity["what"], reason: string) => {
    walk.oddities.push({ path, what, reason })
    return undefined
  }
  try {
    let found = kind
    if (found === "unknown") {
      const stats = lstat(at)
      if (stats === undefined) return undefined
      found = kindOfName(stats)
    }
    if (found === "directory") return { kind: "directory" }
    if (found === "symlink") {
      const target = readTarget(at)
      return target === undefined ? undefined : { kind: "symlink", id: sha256(target), size: target.length }
    }
    if (found === "unknown") return odd("other", "of an unknown type")
    if (found !== "file") return odd(found, `a ${found}`)
    walk.site.at = path
    yield 1
    walk.cache?.begin()
    const read = yield* hashFile(at)
    if (read === null) return undefined
    remember?.(read.stats, read.standing)
    return read.standing
  } catch (error) {
    const code = codeOf(error)
    if (code === "" || exhausted.includes(code)) throw error
    return odd("unreadable", code)
  }
}

const joinRaw = (directory: OsPath, raw: OsPath): Buffer =>
  Buffer.concat([Buffer.from(directory), Buffer.from("/"), Buffer.from(raw)])

/** One directory read: what it holds, in the order of paths; `enter` marks where a folder's content belongs. */
type Item = ScanEntry | { readonly enter: FilePath }

/** A directory's names, and a way to it that is taken only where something in it must be looked at. */
interface Listing {
  readonly names: ReadonlyArray<Name>
  /** What is known of the files among the names. */
  readonly files: KnownFiles | undefined
  /** `undefined` when it is gone, or when a link has taken its place. */
  readonly at: () => OsPath | undefined
  readonly close: () => void
}

/** A directory's stats by its plain path: if a link on the way leads elsewhere by now, they are another one's. */
const statsAt = ({ directories }: Walk, path: string): Stats | undefined => {
  try {
    const stats = lstatSync(joinOs(directories.real, path), { throwIfNoEntry: false })
    return stats?.isDirectory() === true ? stats : undefined
  } catch {
    return undefined
  }
}

/** The names that the cache vouches for; nothing is opened, as long as it vouches for the files as well. */
const recallListing = (walk: Walk, path: string): Listing | undefined => {
  const { cache, directories } = walk
  if (cache === undefined || cache.isEmpty) return undefined
  const stats = statsAt(walk, path)
  const known = stats === undefined ? undefined : cache.names(path, stats)
  if (known === undefined) return undefined
  let opened: Directory | undefined
  return {
    ...known,
    at: () => {
      if (opened === undefined) {
        const found = directories.open(path)
        if ("blocked" in found) return undefined
        opened = found
      }
      return opened.at
    },
    close: () => opened?.close()
  }
}

const readListing = ({ cache, directories }: Walk, path: string): Listing | undefined => {
  const directory = directories.open(path)
  if ("blocked" in directory) return undefined
  try {
    cache?.begin()
    const stats = cache === undefined ? undefined : directory.stat()
    const names = sortedNames(directory.at)
    const files = stats === undefined ? undefined : cache?.setNames(path, stats, names)
    return { names, files, at: () => directory.at, close: directory.close }
  } catch (error) {
    directory.close()
    throw error
  }
}

function* readDirectory(walk: Walk, path: string, listing: Listing): Work<ReadonlyArray<Item>> {
  const items: Array<Item> = []
  // Folders whose content comes later: `a-b` sorts before `a/b`. The last one always comes first.
  const waiting: Array<FilePath> = []
  const enterBefore = (next: string | undefined) => {
    for (let last = waiting.at(-1); last !== undefined; last = waiting.at(-1)) {
      if (next !== undefined && compareUtf8(`${last}/`, next) > 0) return
      items.push({ enter: last })
      waiting.pop()
    }
  }
  const { files } = listing
  let [seen, file] = [0, -1]
  for (const name of listing.names) {
    if (++seen % 32 === 0) yield 32
    if (name.kind === "file") file++
    const n = file
    const at = below(path, name.text) as FilePath
    if (name.text.length === controlName.length && isControlName(name.text)) {
      if (name.text === controlName) continue
      walk.oddities.push({ path: at, what: "other", reason: `${controlName} is reserved, in any case` })
      continue
    }
    if (walk.ignores(at, name.kind === "directory")) {
      walk.ignored.push(at)
      continue
    }
    let standing: Standing | undefined
    if (name.kind === "directory") standing = folder
    else if (name.kind === "file" && files !== undefined) standing = recall(walk, at, (stats) => files.get(n, stats))
    if (standing === undefined) {
      const directory = listing.at()
      if (directory === undefined) continue
      const isListed = name.kind === "file" && files !== undefined
      const remember: Remember | undefined = isListed ? (stats, read) => files.set(n, stats, read) : undefined
      standing = yield* standingOf(walk, directory, name, at, remember)
    }
    if (standing === undefined) continue
    if (waiting.length > 0) enterBefore(at)
    items.push({ path: at, standing })
    if (standing.kind === "directory") waiting.push(at)
  }
  enterBefore(undefined)
  return items
}

const folder: Standing = { kind: "directory" }

/** Whether a path is deeper than anything that is kept. Each name takes two characters with its slash. */
const isTooDeep = (path: string): boolean => path.length >= 2 * depthLimit - 1 && path.split("/").length >= depthLimit

/** Opens and reads a directory; an unreadable one is reported, unless it is the root. */
function* enter(walk: Walk, path: string): Work<ReadonlyArray<Item>> {
  walk.site.at = path
  if (isTooDeep(path)) {
    // To reach a directory name by name costs as much as it is deep: a nest of them would keep us for hours.
    walk.oddities.push({ path: path as FilePath, what: "unreadable", reason: `deeper than ${depthLimit} directories` })
    return []
  }
  try {
    const listing = recallListing(walk, path) ?? readListing(walk, path)
    if (listing === undefined) return []
    try {
      return yield* readDirectory(walk, path, listing)
    } finally {
      listing.close()
    }
  } catch (error) {
    const code = codeOf(error)
    if (path === "" || code === "" || exhausted.includes(code)) throw error
    walk.oddities.push({ path: path as FilePath, what: "unreadable", reason: code })
    return []
  }
}

/** Walks one folder without recursion: names may be nested deeper than any stack. */
function* walkFrom(walk: Walk, start: string): Work<void> {
  const stack = [{ items: yield* enter(walk, start), next: 0 }]
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const item = frame.items[frame.next++]
    if (item === undefined) stack.pop()
    else if ("enter" in item) stack.push({ items: yield* enter(walk, item.enter), next: 0 })
    else walk.entries.push(item)
  }
}

/** The asked-for paths without those below another one. */
const outermost = (within: ReadonlyArray<string>): ReadonlyArray<string> => {
  const all = new Set(within)
  if (all.has("")) return [""]
  const isBelow = (path: string) => {
    for (let at = parentOf(path); at !== ""; at = parentOf(at)) if (all.has(at)) return true
    return false
  }
  return [...all].filter((path) => !isBelow(path))
}

const prefixesOf = (path: string): ReadonlyArray<string> =>
  path.split("/").map((_, i, names) => names.slice(0, i + 1).join("/"))

/** Whether every name above a path is a folder and no link, as far as plain paths tell: each is looked at once a scan. */
const isPlain = (walk: Walk, path: string, known: Set<string>): boolean => {
  const seen: Array<string> = []
  for (let at = parentOf(path); at !== "" && !known.has(at); at = parentOf(at)) {
    if (statsAt(walk, at) === undefined) return false
    seen.push(at)
  }
  for (const at of seen) known.add(at)
  return true
}

/**
 * What the cache vouches for at an asked-for path, without opening anything. The names above it are looked at, because a
 * folder that was moved, and a link in its place, would show the same files.
 */
const recallStart = (walk: Walk, path: FilePath, known: Set<string>): Standing | undefined => {
  const { cache } = walk
  if (cache === undefined || cache.isEmpty || !isPlain(walk, path, known)) return undefined
  const file = recall(walk, path, (stats) => cache.get(path, stats))
  if (file !== undefined) return file
  const stats = statsAt(walk, path)
  return stats !== undefined && cache.vouches(path, stats) ? folder : undefined
}

/** Whether nothing is found at a path, by whichever way; said without an exception, which is dear. */
const isAbsent = ({ directories }: Walk, path: string): boolean => {
  try {
    return lstatSync(joinOs(directories.real, path), { throwIfNoEntry: false }) === undefined
  } catch {
    // Too long a path, for one: going there the safe way tells.
    return false
  }
}

function* walkWithin(walk: Walk, path: FilePath, plain: Set<string>): Work<void> {
  if (path.split("/").some(isControlName) || isAbsent(walk, path)) return
  const known = recallStart(walk, path, plain)
  if (known !== undefined) {
    if (prefixesOf(path).some((prefix) => walk.ignores(prefix, prefix !== path || known.kind === "directory"))) {
      walk.ignored.push(path)
      return
    }
    walk.entries.push({ path, standing: known })
    if (known.kind === "directory") yield* walkFrom(walk, path)
    else yield 1
    return
  }
  const parent = walk.directories.open(parentOf(path))
  if ("blocked" in parent) return
  try {
    const at = joinOs(parent.at, path.slice(path.lastIndexOf("/") + 1))
    const stats = lstat(at)
    if (stats === undefined) return
    const left = prefixesOf(path).some((prefix) => walk.ignores(prefix, prefix !== path || stats.isDirectory()))
    if (left) {
      walk.ignored.push(path)
      return
    }
    const raw = at.slice(parent.at.length + 1) as OsPath
    const { cache } = walk
    const name: Name = { text: path, raw, kind: kindOfName(stats) }
    const standing =
      recall(walk, path, (stats) => cache?.get(path, stats)) ??
      (yield* standingOf(walk, parent.at, name, path, (stats, read) => cache?.set(path, stats, read)))
    if (standing === undefined) return
    walk.entries.push({ path, standing })
    if (standing.kind === "directory") yield* walkFrom(walk, path)
  } finally {
    parent.close()
  }
}

/** Scans a root. @internal */
export function* scan(
  site: Site,
  directories: Directories,
  cache: StatCache | undefined,
  options: ScanOptions
): Work<Scan> {
  const walk: Walk = {
    site,
    directories,
    cache,
    ignores: makeIgnores(options.ignore),
    entries: [],
    oddities: [],
    ignored: []
  }
  const starts = options.within === undefined ? [""] : outermost(options.within)
  const plain = new Set<string>()
  for (const start of starts) {
    if (start === "") yield* walkFrom(walk, "")
    else yield* walkWithin(walk, start as FilePath, plain)
  }
  const whole = starts[0] === ""
  const byPath = (a: { readonly path: FilePath }, b: { readonly path: FilePath }) => compareUtf8(a.path, b.path)
  // The walk goes in the order of paths; several walks one after the other do not.
  if (starts.length > 1) walk.entries.sort(byPath)
  const scanned = (path: string) => whole || starts.some((start) => path === start || path.startsWith(`${start}/`))
  cache?.save((path) => !scanned(path))
  return { entries: walk.entries, oddities: walk.oddities.sort(byPath), ignored: walk.ignored.sort(compareUtf8) }
}
