import { describe, expect, it } from "vitest"
import { asciiGlyphs, renderGraphText } from "../../../src/algo/graph/graphText.ts"
import { layoutLanes } from "../../../src/algo/graph/lanes.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { randomGraph } from "../../support/randomGraph.ts"

const draw = (parents: ReadonlyArray<ReadonlyArray<number>>, ascii = false) =>
  renderGraphText(layoutLanes(parents), {
    label: (row) => `${row}`,
    ...(ascii ? { glyphs: asciiGlyphs } : {})
  }).join("\n")

describe("lanes", () => {
  it("draws a chain in one lane", () => {
    expect(draw([[1], [2], []])).toBe("●  0\n●  1\n○  2")
  })

  it("draws a fork and its merge", () => {
    expect(draw([[1, 2], [3], [3], []])).toBe("●    0\n├─╮\n● │  1\n│ ●  2\n├─╯\n○  3")
  })

  it("draws an octopus", () => {
    expect(draw([[1, 2, 3], [4], [4], [4], []])).toBe(
      "●      0\n├─┬─╮\n● │ │  1\n│ ● │  2\n├─╯ │\n│   ●  3\n├───╯\n○  4"
    )
  })

  it("tells a line that passes behind a lane from one that joins it", () => {
    const text = draw([[3, 4], [3, 4], [3], [5], [5], []])
    expect(text).toContain("├─┼─╯")
    expect(text).toContain("├─│─╯")
  })

  it("lets nothing seem to follow a root", () => {
    expect(draw([[1], [], [3], []])).toBe("●  0\n○  1\n  ●  2\n  ○  3")
  })

  it("runs lines of parents outside the picture out at the bottom", () => {
    expect(draw([[1, 9], [7]])).toBe("●    0\n├─╮\n● │  1")
  })

  it("draws with ASCII alone", () => {
    expect(draw([[1, 2], [3], [3], []], true)).toBe("*    0\n+-.\n* |  1\n| *  2\n+-'\no  3")
  })

  it("sets labels of several lines beside the lanes", () => {
    const lines = renderGraphText(layoutLanes([[1, 2], [3], [3], []]), {
      label: (row) => [`${row}`, "more", "and more"]
    })
    expect(lines.join("\n")).toBe(
      "●    0\n├─╮  more\n│ │  and more\n● │  1\n│ │  more\n│ │  and more\n│ ●  2\n├─╯  more\n│    and more\n○  3\n   more\n   and more"
    )
  })

  const seed = runSeed()
  it(`leads every line from child to parent, one lane for each awaited version (seed ${seed})`, () => {
    const random = makeRandom(seed)
    for (let round = 0; round < 400; round++) {
      const { parents: upward } = randomGraph(random)
      // From the newest down; the oldest few are cut off, so that some parents are outside.
      const last = upward.length - 1
      const shown = upward.length - random.below(Math.min(4, upward.length))
      const parents = upward.map((_, row) => (upward[last - row] ?? []).map((parent) => last - parent)).slice(0, shown)
      const { rows, width } = layoutLanes(parents)
      // Follow what each lane carries from row to row: the children whose lines run in it.
      let lanes = new Map<number, Set<number>>()
      const reached: Array<Set<number>> = []
      rows.forEach((row, index) => {
        expect([...lanes.keys()].sort((x, y) => x - y)).toEqual(row.above)
        expect(row.tip).toBe(!lanes.has(row.lane))
        expect(row.root).toBe(parents[index]?.length === 0)
        reached.push(lanes.get(row.lane) ?? new Set())
        const carried = new Map(lanes)
        carried.set(row.lane, new Set([index]))
        lanes = new Map()
        for (const { from, to } of row.edges) {
          expect(from === to || from === row.lane || to === row.lane).toBe(true)
          expect(to).toBeLessThan(width)
          const into = lanes.get(to) ?? new Set()
          for (const child of carried.get(from) ?? []) into.add(child)
          lanes.set(to, into)
        }
      })
      for (const [index, children] of reached.entries()) {
        const expected = parents.flatMap((list, child) => (list.includes(index) ? [child] : []))
        expect([...children].sort((x, y) => x - y)).toEqual(expected)
      }
      expect(renderGraphText({ rows, width }, { label: (row) => `${row}` })).toHaveLength(
        rows.reduce((sum, { edges }) => sum + (edges.some(({ from, to }) => from !== to) ? 2 : 1), 0)
      )
    }
  })

  it("draws ten thousand versions at once", () => {
    const random = makeRandom(3)
    const size = 10_000
    const parents = Array.from({ length: size }, (_, i) =>
      i % 5 === 0 ? [i + 1, i + random.between(2, 30)] : [i + random.between(1, 4)]
    )
    const layout = layoutLanes(parents)
    expect(layout.rows).toHaveLength(size)
    expect(layout.width).toBeLessThan(60)
  })
})
