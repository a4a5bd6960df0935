import { assert, describe, it } from "@effect/vitest"
import { divide } from "../../../src/algo/layout/divide.ts"
import { compileLayout, defaultLayout, type Layout } from "../../../src/algo/layout/Layout.ts"
import { buildTrees, type FlatEntry } from "../../../src/algo/tree/buildTrees.ts"
import type { ArtifactId, FilePath, ObjectId } from "../../../src/model/Ids.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { inOrder, nastyFlat, nastyName, put, sha256 } from "../tree/nastyTrees.ts"

const seed = runSeed()
const rest = "rest:files" as ArtifactId

const layoutOf = (rules: Readonly<Record<string, string>>): Layout => ({
  rules: Object.entries(rules).map(([pattern, type]) => ({ pattern, type })),
  rest
})

/** `path` owned by, rooted at, shaped like; directories are written with a slash at the end. */
const owners = (layout: Layout, ...paths: ReadonlyArray<string>) => {
  const ownerOf = compileLayout(layout)
  return Object.fromEntries(
    paths.map((path) => {
      const { artifact, root, shape } = ownerOf(path.replace(/\/$/, "") as FilePath, path.endsWith("/"))
      return [path, shape === "rest" ? artifact : `${artifact} ${shape} at ${root === "" ? "." : root}`]
    })
  )
}

const file: FlatEntry = { kind: "file", id: "a".repeat(64) as ObjectId, size: 1 }

const divided = (layout: Layout, ...paths: ReadonlyArray<string>) => {
  const flat = new Map(
    paths.map((path) => [
      path.replace(/\/$/, "") as FilePath,
      path.endsWith("/") ? { kind: "directory" as const } : file
    ])
  )
  return divide(flat, compileLayout(layout))
}

describe("the default layout", () => {
  it("knows the usual folders, at the root and below .claude", () => {
    assert.deepStrictEqual(
      owners(
        defaultLayout,
        "skills/pdf/SKILL.md",
        "skills/pdf/scripts/deep/x.py",
        "skills/README.md",
        ".claude/skills/pdf/SKILL.md",
        "agents/reviewer.md",
        "agents/reviewer/prompt.md",
        "agents/reviewer.txt",
        "commands/git/commit.md",
        "commands/commit.md",
        "commands/commit.sh",
        "plugins/office/skills/pdf/SKILL.md",
        "plugins/office.md",
        "hooks/format/run.sh",
        "other/skills/pdf/SKILL.md",
        "README.md"
      ),
      {
        "skills/pdf/SKILL.md": "skill:pdf directory at skills/pdf",
        "skills/pdf/scripts/deep/x.py": "skill:pdf directory at skills/pdf",
        "skills/README.md": rest,
        ".claude/skills/pdf/SKILL.md": "skill:pdf directory at .claude/skills/pdf",
        "agents/reviewer.md": "agent:reviewer file at agents",
        "agents/reviewer/prompt.md": "agent:reviewer directory at agents/reviewer",
        "agents/reviewer.txt": rest,
        "commands/git/commit.md": "command:git/commit file at commands/git",
        "commands/commit.md": "command:commit file at commands",
        "commands/commit.sh": rest,
        "plugins/office/skills/pdf/SKILL.md": "plugin:office directory at plugins/office",
        "plugins/office.md": rest,
        "hooks/format/run.sh": "hook:format directory at hooks/format",
        "other/skills/pdf/SKILL.md": rest,
        "README.md": rest
      }
    )
  })

  it("sees an empty directory as the artifact it would be, and never a file as a directory artifact", () => {
    assert.deepStrictEqual(
      owners(defaultLayout, "skills/pdf/", "skills/pdf", "skills/", "agents/x.md/", "commands/a.md/"),
      {
        "skills/pdf/": "skill:pdf directory at skills/pdf",
        "skills/pdf": rest,
        "skills/": rest,
        "agents/x.md/": "agent:x.md directory at agents/x.md",
        "commands/a.md/": rest
      }
    )
  })
})

describe("patterns", () => {
  it("are anchored and literal but for the name, and the first that matches owns", () => {
    const layout = layoutOf({ "a.b/{name}.(md)": "one", "a.b/{name}": "two", "c+/{name}/": "three" })
    assert.deepStrictEqual(owners(layout, "a.b/x.(md)", "a.b/x.md", "axb/x.(md)", "z/a.b/x", "c+/n/f", "cc/n/f"), {
      "a.b/x.(md)": "one:x file at a.b",
      "a.b/x.md": "two:x.md file at a.b",
      "axb/x.(md)": rest,
      "z/a.b/x": rest,
      "c+/n/f": "three:n directory at c+/n",
      "cc/n/f": rest
    })
  })

  it("a name stays within its segment, and a long name has one or more whole ones", () => {
    const layout = layoutOf({ "one/{name}.md": "one", "many/{name**}.md": "many" })
    assert.deepStrictEqual(owners(layout, "one/a/b.md", "many/a.md", "many/a/b/c.md", "many/a/.md", "many/.md"), {
      "one/a/b.md": rest,
      "many/a.md": "many:a file at many",
      "many/a/b/c.md": "many:a/b/c file at many/a/b",
      "many/a/.md": rest,
      "many/.md": rest
    })
  })

  it("a directory with a long name owns everything below the first directory that fits", () => {
    const layout = layoutOf({ "groups/{name**}/skill/": "skill", "all/{name**}/": "all" })
    assert.deepStrictEqual(
      owners(
        layout,
        "groups/a/skill/x",
        "groups/a/b/skill/x",
        "groups/a/skill/b/skill/x",
        "groups/a/x",
        "all/a/b/c",
        "all/a"
      ),
      {
        "groups/a/skill/x": "skill:a directory at groups/a/skill",
        "groups/a/b/skill/x": "skill:a/b directory at groups/a/b/skill",
        "groups/a/skill/b/skill/x": "skill:a directory at groups/a/skill",
        "groups/a/x": rest,
        "all/a/b/c": "all:a directory at all/a",
        "all/a": rest
      }
    )
  })

  it("a name that no artifact can have leaves the path to the rest", () => {
    assert.deepStrictEqual(owners(defaultLayout, "skills/a\nb/x", "skills/a\u0085b/x", "skills/é 😀/x"), {
      "skills/a\nb/x": rest,
      "skills/a\u0085b/x": rest,
      "skills/é 😀/x": "skill:é 😀 directory at skills/é 😀"
    })
  })

  it("that could form no artifact's id are misuse, and so is a rest that is none", () => {
    for (const rules of [
      { "skills/{name}/": "Skill" },
      { "skills/{name}/": "" },
      { "skills/{name}/": "a:b" },
      { "skills/": "skill" },
      { "{name}/{name}/": "skill" },
      { "": "skill" }
    ]) {
      assert.throws(() => compileLayout(layoutOf(rules as Record<string, string>)), TypeError)
    }
    for (const wrong of ["", "rest", "Rest:files", "rest:", "rest:a\nb"]) {
      assert.throws(() => compileLayout({ rules: [], rest: wrong as ArtifactId }), TypeError)
    }
  })

  it("no rules: everything is the rest", () => {
    assert.deepStrictEqual(owners(layoutOf({}), "skills/pdf/SKILL.md", "a", "d/"), {
      "skills/pdf/SKILL.md": rest,
      a: rest,
      "d/": rest
    })
  })
})

describe(`dividing a collection (seed ${seed})`, () => {
  it("gives every path to exactly one artifact, whatever the tree", () => {
    const random = makeRandom(seed)
    let artifacts = 0
    for (let i = 0; i < 60; i++) {
      const flat = nastyFlat(random, 20)
      for (let n = random.below(10); n > 0; n--) {
        const folder = random.pick(["skills", ".claude/skills", "agents", "commands", "plugins", "hooks"])
        const file = random.chance(0.5) ? `${nastyName(random)}.md` : `${nastyName(random)}/${nastyName(random)}`
        put(flat, `${folder}/${file}` as FilePath, { kind: "file", id: "b".repeat(64) as ObjectId, size: 1 })
      }
      const shares = divide(flat, compileLayout(defaultLayout))
      if ("duplicate" in shares) {
        assert.notStrictEqual(shares.duplicate.first, shares.duplicate.second)
        continue
      }
      const together = new Map<FilePath, FlatEntry>()
      for (const { artifact, files, root, shape } of shares.values()) {
        artifacts += 1
        if (shape === "file") assert.strictEqual(files.size, 1)
        if (files.size === 0) together.set(root as FilePath, { kind: "directory" })
        for (const [relative, entry] of files) {
          const path = (root === "" ? relative : `${root}/${relative}`) as FilePath
          assert.ok(!together.has(path), `${artifact} has ${path} too`)
          together.set(path, entry)
        }
      }
      assert.deepStrictEqual(inOrder(together), inOrder(flat))
      assert.strictEqual(buildTrees(together, sha256).root, buildTrees(flat, sha256).root)
    }
    assert.ok(artifacts > 100)
  })

  it("names the two places that form one artifact", () => {
    assert.deepStrictEqual(divided(defaultLayout, "skills/pdf/a", ".claude/skills/pdf/a"), {
      duplicate: { artifact: "skill:pdf" as ArtifactId, first: "skills/pdf", second: ".claude/skills/pdf" }
    } as never)
    assert.deepStrictEqual(divided(defaultLayout, "agents/x.md", "agents/x/prompt.md"), {
      duplicate: { artifact: "agent:x" as ArtifactId, first: "agents/x.md", second: "agents/x" }
    } as never)
    assert.deepStrictEqual(divided(layoutOf({ "a/{name}.md": "t", "b/{name}.md": "t" }), "a/x.md", "b/x.md"), {
      duplicate: { artifact: "t:x" as ArtifactId, first: "a/x.md", second: "b/x.md" }
    } as never)
  })

  it("two files of one directory are no duplicate, and neither are names that differ in case", () => {
    assert.ok(!("duplicate" in divided(defaultLayout, "skills/pdf/a", "skills/pdf/b/c", "skills/PDF/a")))
  })

  it("an empty directory artifact has an empty tree, and one that was filled has what fills it", () => {
    const shares = divided(defaultLayout, "skills/a/", "skills/b/x/", "skills/b/f")
    assert.ok(!("duplicate" in shares))
    assert.deepStrictEqual([...(shares.get("skill:a" as ArtifactId)?.files ?? [])], [])
    assert.deepStrictEqual([...(shares.get("skill:b" as ArtifactId)?.files.keys() ?? [])], ["x", "f"])
  })
})
