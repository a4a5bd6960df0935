/**
 * Finding renames on one side of a merge: first files whose content is unchanged, then those that kept their name, then
 * whatever is most alike.
 */
import type { FilePath, ObjectId } from "../../../model/Ids.ts"
import type { Entry } from "../../../model/Tree.ts"
import type { RenameCandidate, SideSurvey } from "../surveyTrees.ts"
import { DirectoryMoves, type DirectoryVotes, directoryOf, nameOf } from "./directoryMoves.ts"
import type { RenameOptions } from "./RenameOptions.ts"
import { type Fingerprint, FULL_SCORE, similarity, tooDifferent } from "./similarity.ts"

/**
 * A file that moved. `score` says in percent how much of it is the same; `found` how it was recognised.
 *
 * @public
 */
export interface Rename {
  readonly from: FilePath
  readonly to: FilePath
  readonly score: number
  readonly found: "given" | "exact" | "name" | "similar"
}

/** The renames of one side. `limited`: there were too many candidates to compare their contents. @public */
export interface SideRenames {
  readonly renames: ReadonlyArray<Rename>
  readonly votes: DirectoryVotes
  readonly limited: boolean
}

/** No renames. @public */
export const noSideRenames: SideRenames = { renames: [], votes: new Map(), limited: false }

const isRegular = (entry: Entry) => entry.kind === "file" || entry.kind === "executable"
const isEmpty = (entry: Entry) => isRegular(entry) && entry.size === 0

/** How many equal files are looked at to find one of the same name. */
const MOST_TWINS = 100
/** How many sources are remembered for each destination. */
const CANDIDATES = 4

interface Score {
  readonly source: number
  readonly destination: number
  readonly score: number
  readonly sameName: boolean
}

const worse = (a: Score, b: Score): number => b.score - a.score || Number(b.sameName) - Number(a.sameName)

/** Keeps the best few; among equals, those that came first. */
const keepBest = (best: Array<Score>, candidate: Score): void => {
  if (best.length < CANDIDATES) {
    best.push(candidate)
    return
  }
  let worst = 0
  for (let i = 1; i < best.length; i++) if (worse(best[i] as Score, best[worst] as Score) > 0) worst = i
  if (worse(best[worst] as Score, candidate) > 0) best[worst] = candidate
}

/**
 * Finds one side's renames. A generator: it yields the files whose fingerprints it needs next, and goes on once they are
 * in `fingerprints`.
 *
 * @remarks
 * Empty files are never renames. A file of base is the source of one rename at most. Contents are compared only of
 * files for which it matters where they went, and only where names and sizes leave it open.
 *
 * @public
 */
export function* detectRenames(
  survey: SideSurvey,
  options: RenameOptions,
  moves: ReadonlyArray<{ readonly from: FilePath; readonly to: FilePath }>,
  fingerprints: ReadonlyMap<ObjectId, Fingerprint>
): Generator<ReadonlyArray<Entry>, SideRenames, void> {
  const sources = survey.gone.filter(({ entry }) => !isEmpty(entry))
  const destinations = survey.fresh.filter(({ entry }) => !isEmpty(entry))
  const taken = new Set<RenameCandidate>()
  const filled = new Set<RenameCandidate>()
  const renames: Array<Rename> = []
  const least = Math.floor((options.threshold * FULL_SCORE) / 100)
  const directories = new DirectoryMoves(survey.removed)

  const record = (from: RenameCandidate, to: RenameCandidate, score: number, found: Rename["found"]) => {
    taken.add(from)
    filled.add(to)
    renames.push({ from: from.path, to: to.path, score: Math.floor((score * 100) / FULL_SCORE), found })
    directories.count(from.path, to.path)
  }
  const scoreOf = (from: RenameCandidate, to: RenameCandidate): number => {
    if (from.entry.id === to.entry.id) return FULL_SCORE
    const [a, b] = [fingerprints.get(from.entry.id), fingerprints.get(to.entry.id)]
    return a === undefined || b === undefined ? 0 : similarity(a, b)
  }
  const comparable = (from: RenameCandidate, to: RenameCandidate): boolean =>
    isRegular(from.entry) && isRegular(to.entry) && !tooDifferent(from.entry.size, to.entry.size, least)

  for (const { from, to } of moves) {
    const source = survey.gone.find(({ path }) => path === from)
    const destination = survey.fresh.find(({ path }) => path === to)
    if (source === undefined || destination === undefined || taken.has(source) || filled.has(destination)) continue
    yield [source.entry, destination.entry].filter(isRegular)
    record(source, destination, scoreOf(source, destination), "given")
  }
  if (options.detect === "none" || (survey.sources.size === 0 && moves.length === 0)) {
    return { renames, votes: directories.votes, limited: false }
  }

  exactRenames(sources, destinations, taken, filled, record)
  if (options.detect === "exact") return { renames, votes: directories.votes, limited: false }

  // Files that kept their name, where the name or the votes for their directory leave one choice.
  let left = sources.filter((source) => !taken.has(source))
  let open = destinations.filter((destination) => !filled.has(destination))
  const pairs = pairsByName(left, open, survey, directories).filter(([from, to]) => comparable(from, to))
  if (pairs.length > 0) yield pairs.flatMap(([from, to]) => [from.entry, to.entry])
  const leastForNames = least + Math.floor((FULL_SCORE - least) / 2)
  for (const [from, to] of pairs) {
    if (filled.has(to)) continue
    const score = scoreOf(from, to)
    if (score >= leastForNames) record(from, to, score, "name")
  }

  // Whatever is most alike.
  left = left.filter((source) => !taken.has(source) && survey.sources.has(source.path))
  const undecided = directories.undecided(left.map(({ path }) => path))
  left = left.filter(({ path }) => survey.sources.get(path) === "content" || undecided(path))
  open = open.filter((destination) => !filled.has(destination))
  if (left.length * open.length > options.limit * options.limit) {
    return { renames, votes: directories.votes, limited: true }
  }
  const scores: Array<Score> = []
  const wanted = new Set<Entry>()
  for (const to of open) {
    for (const from of left) if (comparable(from, to)) wanted.add(from.entry).add(to.entry)
  }
  if (wanted.size > 0) yield [...wanted]
  for (const [destination, to] of open.entries()) {
    const best: Array<Score> = []
    for (const [source, from] of left.entries()) {
      const score = comparable(from, to) ? scoreOf(from, to) : 0
      keepBest(best, { source, destination, score, sameName: nameOf(from.path) === nameOf(to.path) })
    }
    for (const score of best) if (score.score >= least) scores.push(score)
  }
  for (const { destination, score, source } of scores.sort(worse)) {
    const [from, to] = [left[source] as RenameCandidate, open[destination] as RenameCandidate]
    if (!taken.has(from) && !filled.has(to)) record(from, to, score, "similar")
  }
  return { renames, votes: directories.votes, limited: false }
}

type Record = (from: RenameCandidate, to: RenameCandidate, score: number, found: Rename["found"]) => void

/** Pairs files of equal content; of several, one that kept its name. */
const exactRenames = (
  sources: ReadonlyArray<RenameCandidate>,
  destinations: ReadonlyArray<RenameCandidate>,
  taken: ReadonlySet<RenameCandidate>,
  filled: ReadonlySet<RenameCandidate>,
  record: Record
): void => {
  const twins = new Map<ObjectId, Array<RenameCandidate>>()
  for (const source of sources) {
    const known = twins.get(source.entry.id)
    if (known === undefined) twins.set(source.entry.id, [source])
    else known.push(source)
  }
  for (const to of destinations) {
    if (filled.has(to)) continue
    let best: RenameCandidate | undefined
    for (const from of (twins.get(to.entry.id) ?? []).slice(0, MOST_TWINS)) {
      if (taken.has(from)) continue
      if (!(isRegular(from.entry) && isRegular(to.entry)) && from.entry.kind !== to.entry.kind) continue
      if (nameOf(from.path) === nameOf(to.path)) {
        best = from
        break
      }
      best ??= from
    }
    if (best !== undefined) record(best, to, FULL_SCORE, "exact")
  }
}

/** Pairs of files of one name: where it is the only one on both ends, or where its directory is known to have gone. */
const pairsByName = (
  left: ReadonlyArray<RenameCandidate>,
  open: ReadonlyArray<RenameCandidate>,
  survey: SideSurvey,
  directories: DirectoryMoves
): ReadonlyArray<readonly [RenameCandidate, RenameCandidate]> => {
  const byName = (candidates: ReadonlyArray<RenameCandidate>) => {
    const names = new Map<string, RenameCandidate | null>()
    for (const candidate of candidates) {
      const name = nameOf(candidate.path)
      names.set(name, names.has(name) ? null : candidate)
    }
    return names
  }
  const [sources, destinations] = [byName(left), byName(open)]
  const byPath = new Map<string, RenameCandidate>(open.map((candidate) => [candidate.path, candidate]))
  const pairs: Array<readonly [RenameCandidate, RenameCandidate]> = []
  for (const from of left) {
    const name = nameOf(from.path)
    if (!survey.sources.has(from.path) || !destinations.has(name)) continue
    let to = destinations.get(name) ?? undefined
    if (sources.get(name) === null || to === undefined) {
      const directory = directories.guess(directoryOf(from.path))
      to = directory === undefined ? undefined : byPath.get(directory === "" ? name : `${directory}/${name}`)
    }
    if (to !== undefined) pairs.push([from, to])
  }
  return pairs
}
