/** Operating-system errors as {@link WorkingTreeError}s. */
import { WorkingTreeError, type WorkingTreeFailure } from "../../core/WorkingTree.ts"

/** What is being done, and where: errors that name no path happened at `at`. @internal */
export interface Site {
  readonly root: string
  readonly operation: string
  at: string
}

/** A failure with its own path, thrown by synchronous code and never seen outside this room. @internal */
export class FileProblem extends Error {
  readonly path: string
  readonly failure: WorkingTreeFailure
  constructor(path: string, failure: WorkingTreeFailure, detail: string) {
    super(detail)
    this.path = path
    this.failure = failure
  }
}

const byCode: { readonly [code: string]: WorkingTreeFailure } = {
  ENOENT: "not-found",
  ENOTDIR: "not-a-directory",
  EACCES: "permission-denied",
  EPERM: "permission-denied",
  EROFS: "read-only",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  ELOOP: "escapes-root",
  ENAMETOOLONG: "unsupported",
  EILSEQ: "unsupported",
  ENOTSUP: "unsupported",
  EOPNOTSUPP: "unsupported",
  ENOSYS: "unsupported",
  EXDEV: "unsupported"
}

/** The `code` of an operating-system error; empty for anything else. @internal */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""

/** Runs `f`; gives `otherwise` for the codes named, and throws every other error on. @internal */
export const unlessCode = <A, B>(codes: ReadonlyArray<string>, f: () => A, otherwise: (code: string) => B): A | B => {
  try {
    return f()
  } catch (error) {
    const code = codeOf(error)
    if (codes.includes(code)) return otherwise(code)
    throw error
  }
}

/** Runs `f` and tells whether it worked: not, for the codes named; every other error is thrown on. @internal */
export const works = (codes: ReadonlyArray<string>, f: () => void): boolean =>
  unlessCode(
    codes,
    () => {
      f()
      return true
    },
    () => false
  )

/** @internal */
export const toWorkingTreeError = (site: Site, error: unknown): WorkingTreeError => {
  if (error instanceof WorkingTreeError) return error
  const { root, operation } = site
  if (error instanceof FileProblem) {
    return new WorkingTreeError({ root, path: error.path, operation, failure: error.failure, detail: error.message })
  }
  const code = codeOf(error)
  return new WorkingTreeError({
    root,
    path: site.at,
    operation,
    failure: byCode[code] ?? "io",
    detail: code === "" && error instanceof Error ? error.message : code,
    cause: error
  })
}
