/** Scripts of ours as one file each, for processes of their own: they start five times as fast as Effect's modules. */
import * as fs from "node:fs"
import { join } from "node:path"
import { build } from "tsup"

/** Bundles a script of this folder into `folder`; returns its path. */
export const bundle = async (name: string, folder: string): Promise<string> => {
  const options = { format: "esm", platform: "node", removeNodeProtocol: false, dts: false, splitting: false } as const
  const entry = [join(import.meta.dirname, `${name}.ts`)]
  await build({ ...options, entry, outDir: folder, noExternal: [/.*/], silent: true, config: false, clean: false })
  fs.writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  return join(folder, `${name}.js`)
}
