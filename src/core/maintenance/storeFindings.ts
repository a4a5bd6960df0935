/** Findings while they are gathered, and the records that they say are lost. */
import type { LedgerFinding } from "../ledger/LedgerReport.ts"
import { keyOf, type RecordKey } from "./recordLinks.ts"
import type { StoreFinding } from "./StoreReport.ts"

/** @internal */
export type Finding = LedgerFinding | StoreFinding

/** @internal */
export interface Findings {
  readonly note: (finding: Finding) => void
  readonly all: () => ReadonlyArray<Finding>
}

/** Findings, each once. @internal */
export const makeFindings = (): Findings => {
  const found = new Map<string, Finding>()
  return {
    note: (finding) => void found.set(JSON.stringify(finding), finding),
    all: () => [...found.values()]
  }
}

/** The records that are lost themselves. @internal */
export const lostRecords = (findings: ReadonlyArray<Finding>): ReadonlyMap<string, RecordKey> => {
  const lost = new Map<string, RecordKey>()
  const lose = (kind: string, id: string) => void lost.set(keyOf({ kind, id }), { kind, id })
  for (const finding of findings) {
    switch (finding._tag) {
      case "OperationAltered":
      case "OperationMissing":
        lose("operation", finding.operation)
        break
      case "RecordAltered":
      case "RecordMissing":
      case "LinkBroken":
        lose(finding.kind, finding.id)
        break
    }
  }
  return lost
}
