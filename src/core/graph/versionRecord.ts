/** A version as the catalog keeps it: its id, its place in the order, its terms. */
import * as Schema from "effect/Schema"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import { hashText } from "../../algo/encoding/hashText.ts"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ArtifactId, FilePath, VersionId } from "../../model/Ids.ts"
import { Version } from "../../model/Version.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import { joinParts } from "../catalog/names.ts"
import { recordCodec } from "../catalog/recordCodec.ts"
import { skewGroup, skewRanges } from "../catalog/skew.ts"
import { makeIsPlainVersion } from "./plainVersion.ts"

/** The records of versions. @internal */
export const versionCodec = recordCodec("version", Version, makeIsPlainVersion())

/** A change of more paths than this is found by one marker term instead of a term for each. @internal */
export const touchedPathsLimit = 1000

const header = "tidemark version 1\n"
const encoder = new TextEncoder()

/** What an id is the hash of, and the canonical JSON of the whole: one is the other without the id. */
const textOf = (version: Omit<Version, "id">) => {
  const { artifact, author, message, metadata, origin, parents, time, tree } = version
  const start = `{"artifact":${JSON.stringify(artifact)},"author":${JSON.stringify(author)},`
  const ids = parents.length === 0 ? "" : `"${parents.join('","')}"`
  const rest = `"message":${JSON.stringify(message)},"metadata":${canonicalJson(metadata)},"origin":"${origin}","parents":[${ids}],"time":${time},"tree":"${tree}"}`
  return {
    named: `${header}${start}${rest}`,
    body: (id: VersionId) => `${start}"id":"${id}",${rest}`
  }
}

/** The text that a version's id is the hash of: everything else in it. @internal */
export const versionText = (version: Omit<Version, "id">): Uint8Array => encoder.encode(textOf(version).named)

/** Names a version: the SHA-256 of everything else in it. @internal */
export const versionId = (version: Omit<Version, "id">, sha256: Sha256Function): VersionId =>
  hashText(textOf(version).named, sha256) as VersionId

/** The body of a version's record, for a version that was {@link RecordCodec.check checked} before. @internal */
export const versionBody = (version: Version): string => textOf(version).body(version.id)

const isVersion = Schema.is(Version)

/** Reads the text of a version; `undefined` where it is none, or not written as {@link versionText} does. @internal */
export const readVersionText = (id: VersionId, bytes: Uint8Array, sha256: Sha256Function): Version | undefined => {
  let fields: unknown
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    if (!text.startsWith(header)) return undefined
    fields = JSON.parse(text.slice(header.length))
  } catch {
    return undefined
  }
  if (typeof fields !== "object" || fields === null || "id" in fields) return undefined
  const version: unknown = { id, ...fields }
  return isVersion(version) && versionId(version, sha256) === id ? version : undefined
}

const idDigits = 3

/** Finds those versions of an artifact whose ids begin alike: of a million, some 250. @internal */
export const idTerm = (artifact: ArtifactId, id: string): string =>
  joinParts("artifact+id", artifact, id.slice(0, idDigits))

const skewTerm = (artifact: ArtifactId, group: string): string => joinParts("artifact+skew", artifact, group)

/**
 * Where to look for versions that stand above a time in the order though their raw time is not later.
 *
 * @internal
 */
export const skewedSources = (artifact: ArtifactId, until: number) =>
  skewRanges(until).map(({ from, group, to }) => ({ term: skewTerm(artifact, group), from, to }))

/** The terms a version is found by. `touched` are the paths in which it differs from its first parent. @internal */
export const versionTerms = (version: Version, at: number, touched: ReadonlyArray<FilePath>): ReadonlyArray<string> => {
  const { artifact, author, id, origin, parents, time, tree } = version
  const skewed = skewGroup(at, time)
  const paths =
    touched.length > touchedPathsLimit
      ? [joinParts("artifact+paths", artifact)]
      : touched.map((path) => joinParts("artifact+path", artifact, path))
  return [
    joinParts("artifact", artifact),
    joinParts("artifact+author", artifact, author),
    joinParts("artifact+origin", artifact, origin),
    idTerm(artifact, id),
    // Found by its place in the order, it would be missed where its date is asked for.
    ...(skewed === undefined ? [] : [skewTerm(artifact, skewed)]),
    ...paths,
    ...new Set(parents.map((parent) => joinParts("parent", parent))),
    joinParts("tree", tree)
  ]
}

/**
 * The record of a version. Its `at` is the corrected time: the clock, but after every parent, so that (at, id) is a
 * topological order whatever the clock does.
 *
 * @internal
 */
export const versionRecord = (
  version: Version,
  parents: ReadonlyArray<StoredRecord>,
  touched: ReadonlyArray<FilePath>
): StoredRecord => {
  const at = parents.reduce((at, parent) => Math.max(at, parent.at + 1), version.time)
  const terms = versionTerms(version, at, touched)
  return { kind: versionCodec.kind, id: version.id, at, terms, body: versionCodec.encode(version) }
}
