import { expect, it } from "vitest"
import { canonicalJson } from "../../../src/algo/encoding/canonicalJson.ts"
import { versionBody, versionCodec, versionId } from "../../../src/core/graph/versionRecord.ts"
import type { Actor, ArtifactId, TreeId, VersionId } from "../../../src/model/Ids.ts"
import type { Version, VersionOrigin } from "../../../src/model/Version.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()

it(`the text of a version, written in one pass, is its canonical JSON (seed ${seed})`, () => {
  const random = makeRandom(seed)
  const texts = [
    "",
    'a "quoted" \\ text',
    "line\nline\t\u0001\u2028",
    "\u{1f600} é \uffff",
    "x".repeat(300),
    "__proto__"
  ]
  const hex = () => Array.from({ length: 64 }, () => "0123456789abcdef"[random.below(16)]).join("")
  const hashed: Array<string> = []
  const sha256 = (bytes: Uint8Array) => {
    hashed.push(new TextDecoder().decode(bytes))
    return hex()
  }
  for (let round = 0; round < 300; round++) {
    const draft: Omit<Version, "id"> = {
      artifact: `skill:${random.pick(["pdf", 'a"b', "é/%"])}` as ArtifactId,
      parents: Array.from({ length: random.below(4) }, () => hex() as VersionId),
      tree: hex() as TreeId,
      origin: random.pick<VersionOrigin>(["import", "merge", "local"]),
      author: random.pick(["me", "\\", "é"]) as Actor,
      time: random.pick([0, -1, 1.6e12, Number.MAX_SAFE_INTEGER]),
      message: random.pick(texts),
      metadata: random.pick([{}, { b: 1, a: [null, { z: 1e21, y: "" }] }, { [random.pick(texts)]: random.pick(texts) }])
    }
    const id = versionId(draft, sha256)
    expect(hashed.pop()).toBe(`tidemark version 1\n${canonicalJson(draft)}`)
    const version = { id, ...draft }
    expect(versionBody(version)).toBe(canonicalJson(version))
    expect(versionBody(version)).toBe(versionCodec.encode(version))
  }
})
