/** What an adapter can promise beyond the core of its contract. */

/** An adapter's name and promises. Laws that need a promise are run only on those who make it. @public */
export interface Capabilities {
  /** The adapter's name, for people: `memory`, `sqlite`. */
  readonly name: string
  /** What was put survives closing and opening again. */
  readonly durable: boolean
  /** Several processes may have the same store open, and commits are atomic across them. */
  readonly sharedAcrossProcesses: boolean
}
