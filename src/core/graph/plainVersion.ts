/** Recognises most versions at a glance: a page of history, or an import, has too many to ask a schema about each. */
import * as Schema from "effect/Schema"
import { Actor, ArtifactId } from "../../model/Ids.ts"
import { type Version, VersionOrigin } from "../../model/Version.ts"

const origins: ReadonlySet<unknown> = new Set(VersionOrigin.literals)
const isArtifact = Schema.is(ArtifactId)
const isActor = Schema.is(Actor)
const keys = 9

/** A page asks this some hundred times: a loop takes a third of what a pattern takes. */
const isHex = (value: unknown): boolean => {
  if (typeof value !== "string" || value.length !== 64) return false
  for (let i = 0; i < 64; i++) {
    const unit = value.charCodeAt(i)
    if (!((unit >= 48 && unit <= 57) || (unit >= 97 && unit <= 102))) return false
  }
  return true
}
const isText = (value: unknown): boolean => typeof value === "string" && value.isWellFormed() && !value.includes("\0")

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

const isPlainMetadata = (value: unknown): boolean => {
  if (!isPlainObject(value)) return false
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (!isText(key) || !(typeof member === "string" || typeof member === "boolean" || member === null)) return false
  }
  return true
}

/**
 * Makes a test that says yes only to values that the schema of versions takes as they are; of all others, the schema is
 * to be asked. Artifact and author are those of the value before, as a rule, and not looked at again.
 *
 * @internal
 */
export const makeIsPlainVersion = (): ((value: unknown) => value is Version) => {
  let artifact: unknown
  let author: unknown
  return (value: unknown): value is Version => {
    if (!isPlainObject(value) || Object.keys(value).length !== keys) return false
    const { metadata, parents, time } = value
    if (!(isHex(value.id) && isHex(value.tree) && isText(value.message) && origins.has(value.origin))) return false
    if (!(Number.isSafeInteger(time) && Array.isArray(parents) && parents.every(isHex) && isPlainMetadata(metadata)))
      return false
    if (value.artifact !== artifact) {
      if (!isArtifact(value.artifact)) return false
      artifact = value.artifact
    }
    if (value.author !== author) {
      if (!isActor(value.author)) return false
      author = value.author
    }
    return true
  }
}
