/** One question to a peer, and an answer that is of the right kind and shape. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PeerError, PeerReply, type PeerRequest } from "../../model/Exchange.ts"

/** Something a peer said cannot be. @internal */
export const malformed = (request: string, detail: string): PeerError =>
  new PeerError({ reason: "malformed", request, detail, isRetryable: false })

const isReply = Schema.is(PeerReply)

/** @internal */
export type ReplyTo<Tag extends PeerReply["_tag"]> = Extract<PeerReply, { readonly _tag: Tag }>

/** Asks a peer, and takes no answer but one of some kinds. @internal */
export const makeQuestion = (peer: (request: PeerRequest) => Effect.Effect<PeerReply, PeerError>) =>
  Effect.fnUntraced(function* <const Tags extends PeerReply["_tag"]>(
    request: PeerRequest,
    ...tags: ReadonlyArray<Tags>
  ): Effect.fn.Return<ReplyTo<Tags>, PeerError> {
    const reply = yield* peer(request)
    if (!isReply(reply)) return yield* Effect.fail(malformed(request._tag, "its answer has another shape"))
    if (reply._tag === "Refused" || reply._tag === "Failed") {
      const reason = reply._tag === "Refused" ? "refused" : "unavailable"
      const isRetryable = reply._tag === "Failed" && reply.retryable
      return yield* Effect.fail(new PeerError({ reason, request: request._tag, detail: reply.detail, isRetryable }))
    }
    const wanted = tags.find((tag) => tag === reply._tag)
    if (wanted === undefined) return yield* Effect.fail(malformed(request._tag, `it answered ${reply._tag}`))
    return reply as ReplyTo<Tags>
  })

/** @internal */
export type Question = ReturnType<typeof makeQuestion>

/** What was told, if it is about nothing but what was asked. @internal */
export const onlyOf = <Id extends string>(request: string, asked: ReadonlyArray<Id>, told: ReadonlyArray<Id>) => {
  const known = new Set(asked)
  const stranger = told.find((id) => !known.has(id))
  return stranger === undefined
    ? Effect.succeed(told)
    : Effect.fail(malformed(request, `nobody asked about ${stranger}`))
}
