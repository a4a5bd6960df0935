/** What an operation says of a record that it stored, so that nothing of the record can change unseen. */
import { hashText } from "../../algo/encoding/hashText.ts"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { RecordSum } from "../../model/Operation.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"

/** @internal */
export const bodySum = ({ body }: Pick<StoredRecord, "body">, sha256: Sha256Function): string => hashText(body, sha256)

/** The JSON of a list of texts is canonical as it is. @internal */
export const termsSum = (terms: ReadonlyArray<string>, sha256: Sha256Function): string =>
  hashText(JSON.stringify([...new Set(terms)].sort()), sha256)

/** @internal */
export const recordSum = (record: StoredRecord, sha256: Sha256Function): RecordSum => ({
  kind: record.kind,
  id: record.id,
  sha256: bodySum(record, sha256),
  at: record.at,
  terms: termsSum(record.terms, sha256)
})
