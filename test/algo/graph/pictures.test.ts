import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { renderDot } from "../../../src/algo/graph/graphDot.ts"
import { renderMermaid } from "../../../src/algo/graph/graphMermaid.ts"
import { renderSvg } from "../../../src/algo/graph/graphSvg.ts"
import { type Picture, shorten } from "../../../src/algo/graph/Picture.ts"
import { makeRandom } from "../../support/random.ts"
import { randomGraph } from "../../support/randomGraph.ts"

const hostile = `"]; drop & <b onclick='x'> \\ --> %% #quot; {} | \n ]]> 𝒜 é`

const small: Picture = {
  title: "Versions of skill:pdf",
  nodes: [
    { id: "aa", title: "Merge", detail: "ann", names: [{ kind: "branch", name: "main" }], parents: ["bb", "cc"] },
    { id: "bb", title: hostile, detail: "ben", names: [{ kind: "tag", name: `v1 "${hostile}"` }], parents: ["dd"] },
    { id: "cc", title: "Draft", detail: "cy", names: [{ kind: "deployment", name: "site" }], parents: ["dd"] },
    { id: "dd", title: "Begin", detail: "", names: [], parents: ["ee"] }
  ]
}

const random = makeRandom(7)
const many = (size: number): Picture => ({
  title: "Many",
  nodes: Array.from({ length: size }, (_, i) => ({
    id: `v${i}`,
    title: `Version ${i}`,
    detail: "ann, 2026-05-01",
    names: i % 50 === 0 ? [{ kind: "tag" as const, name: `v0.${i}` }] : [],
    parents: i % 7 === 0 ? [`v${i + 1}`, `v${i + random.between(2, 20)}`] : [`v${i + random.between(1, 3)}`]
  }))
})

/** A strict reading of what XML these pictures use: tags close in order, and nothing else has an angle bracket. */
const wellFormed = (svg: string): boolean => {
  const open: Array<string> = []
  let at = 0
  for (const match of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<>]*")*)\s*(\/?)>/g)) {
    if (/[<>]|&(?!#\d+;)/.test(svg.slice(at, match.index))) return false
    at = match.index + match[0].length
    if (match[1] === "/") {
      if (open.pop() !== match[2]) return false
    } else if (match[4] !== "/") open.push(match[2] as string)
  }
  return open.length === 0 && !/[<>]/.test(svg.slice(at))
}

describe("SVG", () => {
  it("is well-formed, whatever titles and names say", () => {
    const svg = renderSvg(small)
    expect(wellFormed(svg)).toBe(true)
    expect(svg).not.toContain("<b")
    expect(svg).toContain('aria-label="Versions of skill:pdf"')
    expect(svg).not.toMatch(/<script|href|url\(|@import/)
  })

  it("has a dot or ring for each version, and labels for names", () => {
    const svg = renderSvg(small, { theme: "light" })
    expect(svg.match(/<circle/g)).toHaveLength(4)
    expect(svg.match(/class="merge/g)).toHaveLength(1)
    expect(svg.match(/<g class="pill/g)).toHaveLength(3)
    expect(svg).not.toContain("prefers-color-scheme")
    expect(renderSvg(small)).toContain("prefers-color-scheme:dark")
  })

  it("leads a line from every version to every parent", () => {
    for (let round = 0; round < 200; round++) {
      const { parents } = randomGraph(random)
      const last = parents.length - 1
      const nodes = parents.map((_, row) => ({
        id: `v${last - row}`,
        title: "",
        detail: "",
        names: [],
        parents: (parents[last - row] ?? []).map((parent) => `v${parent}`)
      }))
      const svg = renderSvg({ title: "", nodes })
      const dots = [...svg.matchAll(/<circle[^>]* cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => `${x} ${y}`)
      // Points that a path joins, in the order it passes them.
      const joined = new Map<string, Set<string>>()
      const link = (from: string, to: string) => joined.set(from, (joined.get(from) ?? new Set()).add(to))
      for (const [, d = ""] of svg.matchAll(/<path class="s\d" d="([^"]+)"/g)) {
        let at = ""
        for (const [, command, rest = ""] of d.matchAll(/([MVC])([^MVC]+)/g)) {
          const numbers = rest.trim().split(/\s+/)
          if (command === "M") at = `${numbers[0]} ${numbers[1]}`
          else if (command === "C") {
            link(at, `${numbers[4]} ${numbers[5]}`)
            at = `${numbers[4]} ${numbers[5]}`
          } else {
            const [x = "", from] = at.split(" ")
            for (let y = Number(from); y < Number(numbers[0]); y += 30) link(`${x} ${y}`, `${x} ${y + 30}`)
            at = `${x} ${numbers[0]}`
          }
        }
      }
      const rowOf = new Map(dots.map((dot, row) => [dot, row]))
      for (const [row, node] of nodes.entries()) {
        const reached = new Set<number>()
        const seen = new Set<string>()
        const follow = [dots[row] as string]
        for (const point of follow) {
          for (const next of joined.get(point) ?? []) {
            const other = rowOf.get(next)
            if (other !== undefined) reached.add(other)
            else if (!seen.has(next)) {
              seen.add(next)
              follow.push(next)
            }
          }
        }
        const expected = node.parents.map((id) => nodes.findIndex((other) => other.id === id))
        for (const parent of expected) expect(reached.has(parent), svg).toBe(true)
      }
    }
  })

  it("draws ten thousand versions, and stays small", () => {
    const svg = renderSvg(many(10_000))
    expect(svg.match(/<circle/g)).toHaveLength(10_000)
    expect(svg.length).toBeLessThan(6_000_000)
  })

  it("fits into any width", () => {
    for (const width of [100, 320, 500, 2000]) {
      const svg = renderSvg(many(60), { width })
      const shown = Math.max(320, width)
      for (const [, x] of svg.matchAll(/ (?:x|cx)="([\d.]+)"/g)) expect(Number(x)).toBeLessThanOrEqual(shown)
    }
  })
})

describe("Mermaid", () => {
  it("says each version and each line once, and lets no text end a label", () => {
    const text = renderMermaid(small)
    const lines = text.trimEnd().split("\n")
    expect(lines[0]).toBe("flowchart TB")
    expect(lines.filter((line) => /^ {2}v\d\["/.test(line))).toHaveLength(4)
    expect(lines.filter((line) => / (?:-->|-\.->) v\d$/.test(line))).toEqual([
      "  v0 --> v1",
      "  v0 -.-> v2",
      "  v1 --> v3",
      "  v2 --> v3"
    ])
    expect(lines.filter((line) => line.endsWith(":::outside"))).toHaveLength(1)
    for (const line of lines.filter((candidate) => candidate.includes('["'))) {
      expect(line).toMatch(/^ {2}v\d\["(?:[\p{L}\p{N} .,:/+()·…_\-⎇🏷📦#;]|<br\/>|<\/?small>)*"\](?::::\w+)?$/u)
    }
  })
})

describe("DOT", () => {
  it("quotes what it is given", () => {
    const text = renderDot(small)
    expect(text.startsWith("digraph versions {\n")).toBe(true)
    expect(text).toContain('"aa" -> "bb";')
    expect(text).toContain('"aa" -> "cc" [style=dashed];')
    expect(text).toContain('"ee" [label="…", shape=plaintext];')
    // Outside of quotes there is nothing but the language.
    expect(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, "q")).toMatch(/^[\w\s{}[\]=,;.>-]+$/)
  })

  it("is what Graphviz reads", (context) => {
    const probe = spawnSync("dot", ["-V"])
    if (probe.status !== 0) context.skip("there is no Graphviz here")
    const run = spawnSync("dot", ["-Tsvg"], { input: renderDot(small), encoding: "utf8" })
    expect(run.stderr).toBe("")
  })
})

describe("shortening", () => {
  it("cuts between characters", () => {
    expect(shorten("𝒜𝒜𝒜", 2)).toBe("𝒜…")
    expect(shorten("abc", 3)).toBe("abc")
  })
})
