/** Other programs that save files while an apply runs. */
import * as fs from "node:fs"
import { look } from "./scenario.ts"

/** What they save. */
export const precious = "an edit of somebody else's"

/** Does something of another program's that may fail, as it may for that program. */
const quietly = (f: () => void): boolean => {
  try {
    f()
    return true
  } catch {
    return false
  }
}

/** Ways of saving: as editors do by renaming, in place, and through a handle that was opened before. */
export const ways: { readonly [way: string]: (at: string) => () => boolean } = {
  "saves by renaming": (at) => () => {
    const saved = quietly(() => {
      fs.writeFileSync(`${at}.editor`, precious)
      fs.renameSync(`${at}.editor`, at)
    })
    if (!saved) quietly(() => fs.rmSync(`${at}.editor`))
    return saved
  },
  "saves in place": (at) => () => quietly(() => fs.writeFileSync(at, precious)),
  "writes through an open handle": (at) => {
    let fd: number | undefined
    quietly(() => {
      fd = fs.openSync(at, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW)
    })
    return () => {
      const handle = fd
      if (handle === undefined) return false
      fs.ftruncateSync(handle)
      fs.writeSync(handle, precious, 0)
      fs.closeSync(handle)
      return true
    }
  }
}

/** Whether an edit stands somewhere in a project, in its place or as a copy. */
export const isKept = (root: string): boolean => Object.values(look(root)).some((seen) => seen.endsWith(precious))
