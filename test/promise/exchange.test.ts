/** Two engines exchange histories with nothing but promises between them. */
import { expect, it } from "vitest"
import { type PeerError, peerOf } from "../../src/promise/index.ts"
import { deterministic, files, openMemory } from "./support/engines.ts"

it("pushes and pulls through a function that gives promises", async () => {
  const first = await openMemory(deterministic())
  const second = await openMemory(deterministic())
  await using a = first.tidemark
  await using b = second.tidemark
  await a.snapshots.capture({ collection: "kit", files: files({ "skills/pdf/SKILL.md": "# PDF\n" }), message: "one" })
  const peer = peerOf((request) => a.exchange.answer(request))
  const pulled = await b.exchange.pull({ peer, remote: "upstream" }, { reason: "first" })
  expect(pulled.branches).toMatchObject([{ artifact: "skill:pdf", moved: true }])
  expect(await b.exchange.tracked("skill:pdf")).toHaveLength(1)
  expect((await b.ledger.list({ kind: "receive" })).items).toMatchObject([{ reason: "first" }])
  expect(await b.exchange.compare({ peer })).toMatchObject({ incoming: 0, branches: [{ relation: "same" }] })
  expect(await b.exchange.push({ peer })).toMatchObject({ operation: null })

  const head = await a.snapshots.resolve("kit", "head")
  await a.snapshots.moveBranch("kit", "main", { from: null, to: head })
  const whole = await b.exchange.pull({ peer, remote: "upstream", collections: true })
  expect(whole.collections).toMatchObject([{ name: "main", moved: true }])
  expect(await b.snapshots.resolve("kit", "upstream/main")).toBe(head)
  await expect(b.exchange.push({ peer, collections: "kit" as never })).rejects.toMatchObject({ _tag: "InvalidInput" })

  const dead = peerOf(() => Promise.reject(new Error("gone")))
  const error = await b.exchange.push({ peer: dead }).catch((cause: PeerError) => cause)
  expect(error).toMatchObject({ _tag: "PeerError", reason: "unavailable" })
  await expect(b.exchange.push({ peer: "there" as never })).rejects.toMatchObject({
    _tag: "InvalidInput",
    field: "peer"
  })
})
