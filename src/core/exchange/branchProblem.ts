/** Which branches can go to another store. */
import { nameProblem } from "../../algo/graph/revision.ts"

/**
 * Says why a branch cannot go to another store; `undefined` when it can.
 *
 * @remarks
 * Captures name branches after collections, whose names are a host's: `my kit` and `a..b` are branches too, and go over as
 * they are, though expressions may not be able to say them. Left are those that do harm where somebody else reads them:
 * control characters and line ends, what is taken for a version's id, and names that are too long.
 *
 * @internal
 */
export const branchProblem = (name: string): string | undefined => {
  if (name === "" || !name.isWellFormed() || name.length > 200 || /^[0-9a-f]{64}$/.test(name)) return nameProblem(name)
  const control = /[\p{Cc}\p{Zl}\p{Zp}]/u.exec(name)
  return control === null ? undefined : `it contains ${JSON.stringify(control[0])}`
}
