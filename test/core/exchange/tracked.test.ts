/** Branches of other stores, where history is asked and drawn. */
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { graphDot, graphMermaid, graphSvg } from "../../../src/core/graph/graphData.ts"
import type { ArtifactId, VersionId } from "../../../src/model/Ids.ts"
import { freshStore, type TalkingStore, wire } from "../../support/exchange.ts"

const pdf = "skill:pdf" as ArtifactId

const append = Effect.fnUntraced(function* (store: TalkingStore, parents: ReadonlyArray<VersionId>, message: string) {
  const tree = yield* store.tree({ "a.md": `${message}\n` })
  const draft = { artifact: pdf, parents, tree, origin: "local", message } as const
  return (yield* store.graph.append({ ...draft, branch: { name: "main" } })).version.id
})

it("branches of other stores are among what contains a version, and in pictures", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const [a, b] = [yield* freshStore, yield* freshStore]
      const base = yield* append(a, [], "base")
      yield* b.exchange.pull({ peer: wire(a), remote: "team" })
      const theirs = yield* append(a, [base], "theirs")
      const ours = yield* append(b, [base], "ours")
      yield* b.exchange.pull({ peer: wire(a), remote: "team" })

      const team = { artifact: pdf, remote: "team", branch: "main", version: theirs }
      const main = { artifact: pdf, name: "main", version: ours }
      expect(yield* b.graph.containing(base)).toMatchObject({ branches: [main], remotes: [team] })
      expect(yield* b.graph.containing(theirs)).toMatchObject({ branches: [], remotes: [team] })
      expect(yield* b.graph.containing(ours)).toMatchObject({ branches: [main], remotes: [] })

      const graph = yield* b.graph.graph({ artifact: pdf })
      expect(graph.names).toEqual([
        { kind: "branch", name: "main", version: ours },
        { kind: "remote", name: "team/main", version: theirs }
      ])
      expect(b.graph.text(graph)).toContain(`${theirs.slice(0, 8)} (team/main) theirs`)
      for (const drawn of [graphSvg(graph), graphDot(graph), graphMermaid(graph)]) {
        expect(drawn).toContain("team/main")
        expect(drawn).not.toContain("undefined")
      }
      expect(graphSvg(graph)).toContain('class="pill remote"')
    })
  ))
