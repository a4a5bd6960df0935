/** Runs another program and waits for it. */
import { spawn } from "node:child_process"
import { resolve } from "node:path"

/** The project's folder. */
export const projectRoot = resolve(import.meta.dirname, "..")

/** The path of a development tool's program. */
export const tool = (name: string): string => resolve(projectRoot, "node_modules", ".bin", name)

/** What a program printed, and how it ended. */
export interface Ran {
  readonly code: number
  readonly output: string
}

/** Runs a program without standard input and gives its exit code and all that it printed. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv | undefined }
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const chunks: Array<Buffer> = []
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }))
  })

/** As {@link run}, but throws with the program's output when it fails. */
export const runOrThrow = async (...args: Parameters<typeof run>): Promise<string> => {
  const { code, output } = await run(...args)
  if (code !== 0) throw new Error(`${args[0]} ${args[1].join(" ")} ended with ${code}:\n${output}`)
  return output
}
