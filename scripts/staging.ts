/** A copy of the project to build in, so that checks neither trust nor disturb what stands in `dist`. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { projectRoot, runOrThrow, tool } from "./run.ts"

const staged = [
  "src",
  "scripts",
  "tools",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "tsup.config.ts",
  "README.md",
  "CHANGELOG.md",
  "LICENSE"
]

/** Copies what a build needs into a new folder below `temp`, where `node_modules` of the project is still found. */
export const stage = (name: string): { readonly folder: string; readonly [Symbol.dispose]: () => void } => {
  mkdirSync(join(projectRoot, "temp"), { recursive: true })
  const folder = mkdtempSync(join(projectRoot, "temp", `${name}-`))
  for (const path of staged) {
    if (existsSync(join(projectRoot, path))) cpSync(join(projectRoot, path), join(folder, path), { recursive: true })
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Compiles the declarations of a staged project into its `dist`. */
export const buildDeclarations = (folder: string): Promise<string> =>
  runOrThrow(tool("tsc"), ["-p", "tsconfig.build.json"], { cwd: folder })

/** Bundles the entries of a staged project into its `dist`. */
export const buildEntries = (folder: string): Promise<string> => runOrThrow(tool("tsup"), ["--silent"], { cwd: folder })
