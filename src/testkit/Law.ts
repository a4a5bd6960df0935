/** Laws: what every implementation of a contract owes, as data that any test runner can run. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { same, show } from "./same.ts"

/** An implementation broke a law. `law` names it, `detail` says what was looked at. @public */
export class LawBroken extends Schema.TaggedError<LawBroken>("tidemark/testkit/LawBroken")("LawBroken", {
  law: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `Broken: ${this.law}. ${this.detail}`
  }
}

/** A law: what it says, and the promises without which it does not bind. @public */
export interface Law<Promised extends string> {
  readonly name: string
  readonly requires: ReadonlyArray<Promised>
}

/** What a law looks at. Fails with {@link LawBroken} in the law's name. @internal */
export interface Check {
  readonly equal: (what: string, actual: unknown, expected: unknown) => Effect.Effect<void, LawBroken>
  readonly that: (what: string, holds: boolean) => Effect.Effect<void, LawBroken>
}

/** @internal */
export const makeCheck = (law: string): Check => ({
  equal: (what, actual, expected) =>
    Effect.suspend(() =>
      same(actual, expected)
        ? Effect.void
        : Effect.fail(new LawBroken({ law, detail: `${what}: expected ${show(expected)}, got ${show(actual)}` }))
    ),
  that: (what, holds) => (holds ? Effect.void : Effect.fail(new LawBroken({ law, detail: `Not so: ${what}` })))
})

/** The part of a test runner that suites need; `vitest` and `node:test` both have it. @public */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => void
  readonly it: (name: string, run: () => Promise<void>) => void
  /** Shows a law that the implementation has said it does not keep, and why it is not run. */
  readonly skip: (name: string) => void
}
