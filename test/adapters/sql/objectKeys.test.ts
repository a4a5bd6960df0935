/** A list of objects may begin at any text, and then has what the order of texts says. */
import { expect, it } from "vitest"
import { keyBelow, keyOfObject, objectOfKey } from "../../../src/adapters/sql/objectKeys.ts"
import { ObjectId } from "../../../src/model/Ids.ts"
import { hostileTexts, objectId, range } from "../../../src/testkit/samples.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()

it(`keys begin where texts do (seed ${seed})`, () => {
  const random = makeRandom(seed)
  const ids = [...range(60).map(objectId), "0".repeat(64), "f".repeat(64), `${"9f".repeat(31)}9a`].map((id) =>
    ObjectId.make(id)
  )
  const around = (id: string) => [
    id,
    `${id}0`,
    ...["", "0", "9", "a", "f", "/", ":", "A", "`", "g", "é"].map((end) => id.slice(0, random.below(65)) + end)
  ]
  for (const text of [...hostileTexts, "", ...range(40).flatMap(() => around(random.pick(ids)))]) {
    const { isAbove, key } = keyBelow(text)
    for (const id of ids) {
      const order = Buffer.compare(keyOfObject(id), key)
      expect([text, id, order > 0 || (isAbove && order === 0)]).toEqual([text, id, id > text])
    }
  }
  for (const id of ids) expect(objectOfKey(keyOfObject(id))).toBe(id)
})
