/** What the methods of exchange take. */
import * as Schema from "effect/Schema"
import type { ExchangeService } from "../core/exchange/Exchange.ts"
import type { PullRequest, PushRequest } from "../core/exchange/ExchangeRequest.ts"
import { PeerRequest } from "../model/Exchange.ts"
import { ArtifactId, CollectionId, SnapshotId, VersionId } from "../model/Ids.ts"
import { argument, reason, request } from "./parameter.ts"
import type { ServicePlan } from "./promiseService.ts"
import { flag } from "./servicePlans.ts"

const scope = {
  peer: Schema.declare((value): value is PullRequest["peer"] => typeof value === "function", {
    message: "must be a peer, such as `peerOf` gives"
  }),
  artifacts: Schema.optional(Schema.Array(ArtifactId)),
  branches: Schema.optional(Schema.Array(Schema.String)),
  tags: flag,
  collections: Schema.optional(Schema.Union([Schema.Boolean, Schema.Array(CollectionId)]))
}

/** @internal */
export const exchange: ServicePlan<ExchangeService> = {
  answer: ["effect", argument("request", PeerRequest)],
  compare: ["effect", request<Parameters<ExchangeService["compare"]>[0]>()(scope)],
  pull: [
    "effect",
    request<PullRequest>()({
      ...scope,
      remote: Schema.String,
      moveBranches: flag,
      forceTags: flag,
      followDeletions: flag,
      reason
    })
  ],
  push: [
    "effect",
    request<PushRequest>()({
      ...scope,
      forceTags: flag,
      deleteBranches: Schema.optional(
        Schema.Array(Schema.Struct({ artifact: ArtifactId, branch: Schema.String, from: VersionId }))
      ),
      deleteTags: Schema.optional(
        Schema.Array(Schema.Struct({ artifact: ArtifactId, tag: Schema.String, from: VersionId }))
      ),
      deleteCollectionNames: Schema.optional(
        Schema.Array(
          Schema.Struct({
            kind: Schema.Literals(["branch", "tag"]),
            collection: CollectionId,
            name: Schema.String,
            from: SnapshotId
          })
        )
      ),
      reason
    })
  ],
  tracked: ["effect", argument("artifact", ArtifactId)]
}
