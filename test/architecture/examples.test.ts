/** Every example in the documentation and in docstrings compiles, runs, and gives what it says. */
import { beforeAll, describe, expect, it } from "vitest"
import { allExamples, checkExamples, type Example, examplesOfMarkdown, examplesOfSource } from "../support/examples.ts"
import { parseSource } from "../support/sourceFiles.ts"

const examples = allExamples()

describe("examples", () => {
  let problems: ReadonlyArray<ReadonlyArray<string>> = []

  beforeAll(async () => {
    problems = await checkExamples(examples)
  }, 300_000)

  it.each(examples.map((example, index) => [`${example.path}:${example.line}`, index] as const))("%s", (_, index) => {
    expect(problems[index]).toEqual([])
  })
})

describe("the check itself", () => {
  const markdown = (code: string, info = "ts") =>
    examplesOfMarkdown("page.md", `# Page\n\n\`\`\`${info}\n${code}\n\`\`\`\n`)
  const wrong: ReadonlyArray<readonly [string, ReadonlyArray<Example>]> = [
    ["a type error", markdown(`const a: string = 1`)],
    ["a value that is not as it says", markdown(`1 + 1 // => 3`)],
    ["a logged value that is not as it says", markdown(`console.log(1 + 1) // => 3`)],
    ["a constant that is not as it says", markdown(`const two = 1 + 1 // => 3`)],
    ["an assertion about nothing", markdown(`const f = () => {} \n// => 3`)],
    ["an exception", markdown(`throw new Error("no")`)],
    ["a rejected promise", markdown(`await Promise.reject(new Error("no"))`)],
    ["an import that is not exported", markdown(`import { x } from "tidemark/core/x"\nx`)],
    ["a type error where nothing runs", markdown(`const a: string = 1`, "ts no-run")]
  ]
  const right: ReadonlyArray<readonly [string, ReadonlyArray<Example>]> = [
    ["values that are as they say", markdown(`const two = 1 + 1 // => 2\ntwo // => 2\nconsole.log([two]) // => [2]`)],
    ["an exception where nothing runs", markdown(`throw new Error("no")`, "ts no-run")],
    [
      "an import of an entry",
      markdown(`import { pathFromBytes } from "tidemark"\npathFromBytes(Uint8Array.of(97)) // => "a"`)
    ],
    [
      "a docstring's own module",
      examplesOfSource(
        parseSource(
          "src/model/order.ts",
          `/**\n * @example\n * \`\`\`ts\n * compareUtf8("a", "a") // => 0\n * \`\`\`\n */\nexport const compareUtf8 = 1`
        )
      )
    ]
  ]
  let problems: ReadonlyArray<ReadonlyArray<string>> = []

  beforeAll(async () => {
    problems = await checkExamples([...wrong, ...right].flatMap(([, example]) => example))
  }, 300_000)

  it.each(wrong.map(([name], index) => [name, index] as const))("refuses %s", (_, index) => {
    expect(problems[index]).not.toEqual([])
  })

  it.each(right.map(([name], index) => [name, wrong.length + index] as const))("accepts %s", (_, index) => {
    expect(problems[index]).toEqual([])
  })
})
