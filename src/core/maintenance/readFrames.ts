/** Reads the frames of a backup, in pieces of any size. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import { archiveHeader, type FrameKind, frameHead, makeFrameChain, payloadLimit } from "./archiveFrames.ts"
import { BackupDamaged } from "./Backup.ts"

/** Holds back pieces of a stream until so many bytes can be taken at once. */
const makeBuffer = () => {
  let parts: Array<Uint8Array> = []
  let length = 0
  return {
    add: (part: Uint8Array) => {
      parts.push(part)
      length += part.length
    },
    get length() {
      return length
    },
    /** Takes the first bytes; there must be as many. */
    take: (count: number): Uint8Array => {
      const taken = new Uint8Array(count)
      let at = 0
      while (at < count) {
        const part = parts[0] ?? new Uint8Array()
        const piece = part.subarray(0, count - at)
        taken.set(piece, at)
        at += piece.length
        if (piece.length === part.length) parts = parts.slice(1)
        else parts[0] = part.subarray(piece.length)
      }
      length -= count
      return taken
    }
  }
}

/** Gives `use` every frame that is what was written, with the byte where it begins; fails at the first that is not. @internal */
export const readFrames = Effect.fnUntraced(function* <E, E2>(
  archive: Stream.Stream<Uint8Array, E>,
  sha256: Sha256Function,
  use: (kind: FrameKind, payload: Uint8Array, at: number) => Effect.Effect<void, E2>
): Effect.fn.Return<void, E | E2 | BackupDamaged> {
  const chain = makeFrameChain(sha256)
  const buffer = makeBuffer()
  let offset = 0
  let head: Uint8Array | undefined
  let isBegun = false
  let isEnded = false
  const damaged = (detail: string) => Effect.fail(new BackupDamaged({ at: offset, detail }))

  /** Takes what is whole of what has come. */
  const advance = Effect.gen(function* () {
    if (!isBegun) {
      if (buffer.length < archiveHeader.length) return
      const header = buffer.take(archiveHeader.length)
      if (header.some((byte, i) => byte !== archiveHeader[i])) {
        return yield* damaged("this is no backup that this Tidemark can read")
      }
      isBegun = true
      offset += header.length
    }
    for (;;) {
      if (isEnded && buffer.length > 0) return yield* damaged("something follows its end")
      if (head === undefined) {
        if (buffer.length < frameHead) return
        head = buffer.take(frameHead)
      }
      const length = new DataView(head.buffer).getUint32(1, true)
      if (length > payloadLimit) return yield* damaged("a frame of it is too long")
      if (buffer.length < length) return
      const payload = buffer.take(length)
      const kind = chain.decode(head, payload)
      if (kind === undefined) return yield* damaged("a frame of it is not what was written")
      yield* use(kind, payload, offset)
      offset += frameHead + length
      head = undefined
      isEnded = kind === "e"
    }
  })

  yield* Stream.runForEach(archive, (part) => {
    buffer.add(part)
    return advance
  })
  if (!isEnded) return yield* damaged("it is cut short")
})
