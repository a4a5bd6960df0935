/** Relying on versions that no ref of the same commit holds. */
import type { VersionId } from "../../model/Ids.ts"
import { VersionNotFound } from "../../model/Version.ts"
import type { Reliance } from "../ledger/OperationLog.ts"
import { versionCodec } from "./versionRecord.ts"

/** Versions that an operation names: none of them may have been collected by its commit. @internal */
export const reliesOn = (versions: ReadonlyArray<VersionId>): Reliance<VersionNotFound> => ({
  records: versions.map((id) => ({ kind: versionCodec.kind, id })),
  otherwise: ({ id }) => new VersionNotFound({ id })
})
