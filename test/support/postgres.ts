/**
 * A Postgres server for tests: one that is started for this process, on this machine alone, and thrown away. Where its
 * programs are not installed, nothing is started, and tests say why they were skipped.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"

const packaged = "/usr/lib/postgresql"

/** Where the server's programs are: of the newest version that the system's packages brought, or in the path. */
const binaries = (): string | undefined => {
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(packaged, version, "bin")), ...(process.env.PATH ?? "").split(":")]
  return folders.find((folder) => ["initdb", "postgres", "pg_isready"].every((name) => existsSync(join(folder, name))))
}

/** Postgres does not run as root; its packages bring a user that it runs as. */
const asUser = (): ReadonlyArray<string> | undefined => {
  if (process.getuid?.() !== 0) return []
  return spawnSync("runuser", ["-u", "postgres", "--", "true"]).status === 0
    ? ["runuser", "-u", "postgres", "--"]
    : undefined
}

const folder = binaries()
const user = asUser()

/** Why there is no server; `undefined` where there is one. */
export const noServer: string | undefined =
  process.env.TIDEMARK_PGLITE !== undefined
    ? "TIDEMARK_PGLITE asks for the embedded one"
    : folder === undefined
      ? "Postgres is not installed"
      : user === undefined
        ? "Postgres does not run as root, and there is no user for it"
        : undefined

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/**
 * Makes a cluster, serves it until the input ends, and removes it. The input ends with the process that started it, in
 * whatever way that ends. Nothing is synced: tests kill clients, never a server or its machine.
 */
const script = `
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -U tidemark -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$1/postgres" -D "$dir/data" -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir" -c fsync=off \\
  -c max_connections=200 >>"$dir/log" 2>&1 </dev/null &
server=$!
for _ in $(seq 200); do "$1/pg_isready" -q -h 127.0.0.1 -p "$2" && break; sleep 0.05; done
"$1/postgres" --version
cat >/dev/null
kill -INT $server; wait $server`

const start = async (): Promise<string> => {
  const port = await freePort()
  const [command = "", ...args] = [...(user ?? []), "sh", "-c", script, "sh", folder ?? "", String(port)]
  const server = spawn(command, args, { cwd: "/", stdio: ["pipe", "pipe", "pipe"] })
  const version = await new Promise<string>((resolve, reject) => {
    let errors = ""
    server.stderr.on("data", (data) => {
      errors += data
    })
    server.stdout.on("data", (data) => resolve(String(data).trim()))
    server.on("error", reject)
    server.on("exit", (code) => reject(new Error(`Postgres ended with ${code}: ${errors}`)))
  })
  server.unref()
  for (const stream of [server.stdin, server.stdout, server.stderr])
    if ("unref" in stream) (stream.unref as () => void)()
  console.log(`postgres: ${version}, a server of its own on port ${port}`)
  return `postgres://tidemark@127.0.0.1:${port}`
}

let started: Promise<string> | undefined

/** The URL of the server, started when it is first asked for; a database's name follows it. */
export const postgresServer = (): Promise<string> => {
  started ??= start()
  return started
}
