/** Tags that are semantic versions: in their order, and by range. */
import * as Result from "effect/Result"
import * as SemVer from "effect/SemVer"
import * as SemVerRange from "effect/SemVerRange"
import { compareUtf8 } from "../../model/order.ts"
import type { Tag } from "../../model/Version.ts"

/** A tag that is a semantic version, such as `v1.2.0` or `1.2.0-beta.1`. @public */
export interface Release {
  readonly tag: Tag
  /** The semantic version as it is written in the tag, without a leading `v`. */
  readonly version: string
}

const parsed = (name: string): SemVer.SemVer | undefined =>
  Result.getOrUndefined(SemVer.parse(name.startsWith("v") ? name.slice(1) : name))

/** Those of some tags that are releases, the highest first. Tags of equal precedence keep one order: that of their names. @internal */
export const releasesOf = (tags: ReadonlyArray<Tag>): ReadonlyArray<Release> =>
  tags
    .flatMap((tag) => {
      const version = parsed(tag.name)
      return version === undefined ? [] : [{ tag, version }]
    })
    .sort((x, y) => SemVer.Order(y.version, x.version) || compareUtf8(y.tag.name, x.tag.name))
    .map(({ tag, version }) => ({ tag, version: SemVer.format(version) }))

/** Why a range is none. @internal */
export const rangeProblem = (range: string): string | undefined => {
  if (range === "latest") return undefined
  const result = SemVerRange.parse(range)
  return Result.isFailure(result) ? result.failure.message : undefined
}

/**
 * The highest of some release names that a range allows, under the rules of npm: a pre-release only where the range
 * names one of the same number. `latest` is the highest that is no pre-release.
 *
 * @internal
 */
export const highestRelease = (names: ReadonlyArray<string>, range: string): string | undefined => {
  const wanted = range === "latest" ? SemVerRange.any : Result.getOrUndefined(SemVerRange.parse(range))
  if (wanted === undefined) return undefined
  let best: { readonly name: string; readonly version: SemVer.SemVer } | undefined
  for (const name of names) {
    const version = parsed(name)
    if (version === undefined || !SemVerRange.matches(wanted, version)) continue
    const order = best === undefined ? 1 : SemVer.Order(version, best.version) || compareUtf8(name, best.name)
    if (order > 0) best = { name, version }
  }
  return best?.name
}
