/** The package's entries, read from the one place that lists them: `exports` in package.json. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

/** One thing that hosts can import. */
export interface PackageEntry {
  /** What a host writes: `tidemark`, `tidemark/storage`. */
  readonly specifier: string
  /** The file below `src` and, compiled, below `dist`, without its ending: `adapters/memory/index`. */
  readonly module: string
  /** The name of its API report, without the ending: `index`, `storage`. */
  readonly report: string
}

interface Manifest {
  readonly name: string
  readonly exports: { readonly [subpath: string]: string | { readonly types: string; readonly default: string } }
}

/**
 * Reads the entries of the package in `root`. The convention is that `src/P.ts` is compiled to `dist/P.js` and described
 * by `dist/P.d.ts`; an export that breaks it is refused here, so nothing else has to know it.
 */
export const readEntries = (root: string): ReadonlyArray<PackageEntry> => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest
  const entries: Array<PackageEntry> = []
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (subpath === "./package.json" && target === subpath) continue
    const path = typeof target === "string" ? target : target.default
    const module = /^\.\/dist\/([^*]+)\.js$/.exec(path)?.[1]
    if (module === undefined || typeof target === "string" || target.types !== `./dist/${module}.d.ts`) {
      throw new Error(`package.json: export ${subpath} must name ./dist/P.d.ts as types and ./dist/P.js as default`)
    }
    entries.push({
      specifier: manifest.name + subpath.slice(1),
      module,
      report: subpath === "." ? "index" : subpath.slice(2).replaceAll("/", "-")
    })
  }
  return entries
}
