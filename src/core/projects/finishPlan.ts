/** A plan's id. */
import * as Effect from "effect/Effect"
import { canonicalJsonPieces } from "../../algo/encoding/canonicalJson.ts"
import type { Plan } from "../../model/Plan.ts"
import { RunningSha256 } from "../references/RunningSha256.ts"

/** The text that a plan's id is the hash of, in pieces. */
const planText = function* (plan: Omit<Plan, "id">): Generator<string> {
  const { basis, deployments, kind, notes, paths, project, reason, refs, reverses, strategy } = plan
  yield "tidemark plan 1\n"
  yield* canonicalJsonPieces({ basis, deployments, kind, notes, paths, project, reason, refs, reverses, strategy })
}

/** Texts of up to this many characters are hashed whole, which needs nothing but the hash of everything else. */
const wholeUpTo = 1024 * 1024

/** The hash of everything in a plan, whose text is never in memory as a whole where it is long. @internal */
export const planId = Effect.fnUntraced(function* (
  plan: Omit<Plan, "id">,
  identify: (bytes: Uint8Array) => string
): Effect.fn.Return<string> {
  const begin = yield* RunningSha256
  const encoder = new TextEncoder()
  const running: { hash?: ReturnType<typeof begin> } = {}
  let text = ""
  for (const piece of planText(plan)) {
    text += piece
    if (text.length <= wholeUpTo) continue
    running.hash ??= begin()
    running.hash.update(encoder.encode(text))
    text = ""
  }
  if (running.hash === undefined) return identify(encoder.encode(text))
  running.hash.update(encoder.encode(text))
  return running.hash.digest()
})

/** Names a plan by everything in it. @internal */
export const finishPlan = Effect.fnUntraced(function* (
  plan: Omit<Plan, "id">,
  identify: (bytes: Uint8Array) => string
): Effect.fn.Return<Plan> {
  return { id: yield* planId(plan, identify), ...plan }
})
