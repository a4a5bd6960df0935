/**
 * The main job, told in the terminal: `npm run demo`, or `node examples/demo.ts --help` for more.
 *
 * The engine is used as a host would use it, through `tidemark/promise`; see `demo/story.ts`.
 */
import { readOptions, usage } from "./demo/options.ts"
import { makePrinter } from "./demo/print.ts"
import { type Chapter, type Listener, tellStory } from "./demo/story.ts"
import { paint } from "./demo/terminal.ts"

/** Gathers the story as data. */
const makeRecorder = (): Listener & { readonly story: () => object } => {
  const chapters: Array<Chapter & { readonly milliseconds: number }> = []
  return {
    begin: () => () => {},
    end: (chapter, milliseconds) => {
      chapters.push({ ...chapter, milliseconds: Math.round(milliseconds * 10) / 10 })
    },
    story: () => Object.fromEntries(chapters.map(({ chapter, ...rest }) => [chapter, rest]))
  }
}

const main = async (signal: AbortSignal): Promise<number> => {
  const options = readOptions(process.argv.slice(2))
  const { json, local, store, v1, v2 } = options
  const scene = { v1, v2, local, store, signal }
  if (options.help) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  if (json) {
    const recorder = makeRecorder()
    await tellStory(scene, recorder)
    process.stdout.write(`${JSON.stringify(recorder.story(), undefined, 2)}\n`)
    return 0
  }
  process.stdout.write(`${paint("bold", "Tidemark")}: from a collection to its users' projects, and back\n`)
  process.stdout.write(paint("dim", `collection  ${v1}\n       then  ${v2}\n    project  ${local}\n`))
  const printer = makePrinter(process.stdout)
  await tellStory(scene, printer)
  if (store !== undefined) process.stdout.write(`\nThe store is kept in ${store}\n`)
  if (printer.troubles() === 0) return 0
  process.stderr.write(`\ndemo: ${printer.troubles()} of its promises were not kept\n`)
  return 1
}

const interruption = new AbortController()
let isUnread = false
process.once("SIGINT", () => interruption.abort())
// Whoever reads only the first lines (`| head`) has seen enough: put away what was begun, and end without complaint.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  isUnread ||= code === "EPIPE"
  interruption.abort()
})

try {
  process.exitCode = await main(interruption.signal)
} catch (error) {
  const message = interruption.signal.aborted ? "stopped" : error instanceof Error ? error.message : String(error)
  if (!isUnread) process.stderr.write(`\ndemo: ${message}\n`)
  process.exitCode = isUnread ? 0 : interruption.signal.aborted ? 130 : 1
}
