import { defineConfig } from "tsup"
import { readEntries } from "./scripts/entries.ts"

export default defineConfig({
  entry: Object.fromEntries(readEntries(process.cwd()).map(({ module }) => [module, `src/${module}.ts`])),
  format: ["esm"],
  target: "node22",
  platform: "node",
  // Entries share their classes, so `instanceof` and service keys agree across them.
  splitting: true,
  sourcemap: true,
  clean: true,
  // Declarations come from tsc, one file per module: API Extractor reads those.
  dts: false,
  // `node:sqlite` has no name without the prefix.
  removeNodeProtocol: false
})
