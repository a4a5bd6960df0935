/** What is known of a tag beside what it names: kept in a record, because a ref holds nothing but a version. */
import * as Schema from "effect/Schema"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ArtifactId } from "../../model/Ids.ts"
import { Tag } from "../../model/Version.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import { joinParts } from "../catalog/names.ts"
import { recordCodec } from "../catalog/recordCodec.ts"

const TagRecord = Schema.Struct({ id: Schema.String, ...Tag.fields })

/** The records of tags. @internal */
export const tagCodec = recordCodec("tag", TagRecord)

/** All tags ever put on an artifact's versions carry this term. @internal */
export const tagsTerm = (artifact: ArtifactId): string => joinParts("artifact", artifact)
/** All tags of one name carry this term. @internal */
export const tagTerm = (artifact: ArtifactId, name: string): string => joinParts("tag", artifact, name)

/** The record of a tag. Its `at` follows `previous`, the newest record of the same name, whatever the clock does. @internal */
export const tagRecord = (tag: Tag, previous: StoredRecord | undefined, sha256: Sha256Function): StoredRecord => {
  const id = sha256(new TextEncoder().encode(`tidemark tag 1\n${canonicalJson(tag)}`))
  return {
    kind: tagCodec.kind,
    id,
    at: previous === undefined ? tag.time : Math.max(tag.time, previous.at + 1),
    terms: [tagsTerm(tag.artifact), tagTerm(tag.artifact, tag.name)],
    body: tagCodec.encode({ id, ...tag })
  }
}
