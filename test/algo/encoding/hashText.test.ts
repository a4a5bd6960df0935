/** The hash of a text is that of its bytes, whatever its length. */
import { createHash } from "node:crypto"
import { expect, it } from "vitest"
import { hashText } from "../../../src/algo/encoding/hashText.ts"

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

it("is the hash of the text's bytes, at and around the size that is held in memory", () => {
  for (const unit of ["a", "ü", "€", "\u{1f600}", "\ud800"]) {
    for (const length of [0, 1, 100, 16_383, 21_845, 21_846, 32_768, 65_536, 65_537, 100_000]) {
      const text = unit.repeat(length)
      expect(hashText(text, sha256)).toBe(sha256(new TextEncoder().encode(text)))
      // What was longer before leaves nothing behind.
      expect(hashText("x", sha256)).toBe(sha256(new TextEncoder().encode("x")))
    }
  }
})
