/** Files of a directory as a test compares them: kind and bytes by path, `.tidemark` left out. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"

/** One file: `100644`, `100755` or `120000`, and its bytes (of a symlink: its target's). */
export interface TestFile {
  readonly mode: "100644" | "100755" | "120000"
  readonly bytes: Buffer
}

/** Reads all files below a directory. */
export const readFiles = (root: string): ReadonlyMap<string, TestFile> => {
  const files = new Map<string, TestFile>()
  const stack = [""]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const entry of readdirSync(join(root, at), { withFileTypes: true })) {
      if (at === "" && entry.name === ".tidemark") continue
      const path = at === "" ? entry.name : `${at}/${entry.name}`
      const full = join(root, path)
      if (entry.isDirectory()) stack.push(path)
      else if (entry.isSymbolicLink()) files.set(path, { mode: "120000", bytes: Buffer.from(readlinkSync(full)) })
      else {
        const mode = (lstatSync(full).mode & 0o100) === 0 ? "100644" : "100755"
        files.set(path, { mode, bytes: readFileSync(full) })
      }
    }
  }
  return files
}

/** Names the paths in which two sets of files differ. */
export const differing = (a: ReadonlyMap<string, TestFile>, b: ReadonlyMap<string, TestFile>): ReadonlyArray<string> =>
  [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => {
      const [x, y] = [a.get(path), b.get(path)]
      return x === undefined || y === undefined || x.mode !== y.mode || !x.bytes.equals(y.bytes)
    })
    .sort()
