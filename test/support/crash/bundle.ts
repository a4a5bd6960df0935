/** The processes of crash tests, as one file each: they start five times as fast as from Effect's modules. */
import * as fs from "node:fs"
import { join } from "node:path"
import { build } from "tsup"

/** Bundles a script of this folder into another; returns its path there. */
export const bundleChild = async (name: "child" | "busy", folder: string): Promise<string> => {
  const options = { format: "esm", platform: "node", removeNodeProtocol: false, dts: false, splitting: false } as const
  const entry = [join(import.meta.dirname, `${name}.ts`)]
  await build({ ...options, entry, outDir: folder, noExternal: [/.*/], silent: true, config: false, clean: false })
  fs.writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  return join(folder, `${name}.js`)
}
