/** Parameters of methods: their names, and what fits them. */
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { Text } from "../model/Ids.ts"
import { InvalidInput } from "./InvalidInput.ts"
import type { Unbranded } from "./Promised.ts"

/** A schema whose every value fits `A`. @internal */
export type Fitting<A> = Schema.Top & { readonly Type: A }

/** What checks one argument. @internal */
export interface Parameter<A> {
  readonly check: (value: A) => InvalidInput | undefined
  /** Whether the argument has a `reason` that the call's may stand in for. */
  readonly takesReason: boolean
  /** Makes of an argument one that can be looked at more than once. */
  readonly prepare: ((value: A) => A) | undefined
}

const missing = "Missing key"
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** A check of values that come from outside. The first thing that is wrong is reported. */
const checker = (name: string, schema: Schema.Top): ((value: unknown) => InvalidInput | undefined) => {
  const validate = Schema.decodeUnknownExit(Schema.toType(schema) as Schema.Codec<unknown>)
  return (value) => {
    const exit = validate(value)
    if (Exit.isSuccess(exit)) return undefined
    const error = Option.getOrUndefined(Exit.findErrorOption(exit))
    const issues = error === undefined ? [] : format(error.issue).issues
    // Of a choice, every way is reported; the one that was meant is not the one that is missing.
    const issue = issues.find(({ message }) => message !== missing) ?? issues[0]
    const path = (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part))
    const field = [...(name === "" ? [] : [name]), ...path].join(".")
    return new InvalidInput({
      field: field === "" ? "request" : field,
      reason: issue === undefined ? "it is malformed" : issue.message === missing ? "it is missing" : issue.message
    })
  }
}

/** A request's own reason. @internal */
export const reason = Schema.optional(Text)

/** An argument that stands by itself. `name` is what errors call it. @internal */
export const argument = <A>(name: string, schema: Fitting<A>): Parameter<A> => ({
  check: checker(name, schema),
  takesReason: false,
  prepare: undefined
})

/** What fits every property of `A`; one that is forgotten does not compile. @internal */
export type FieldsOf<A> = { readonly [K in keyof Required<A>]: Fitting<A[K & keyof A]> }

/** Refuses, when it is compiled, a field whose schema takes less than the property may be. @internal */
export type WideEnough<A, Fields> = {
  readonly [K in keyof Fields]: K extends keyof A
    ? Fields[K] extends { readonly Type: infer Taken }
      ? [Unbranded<A[K]>] extends [Unbranded<Taken>]
        ? unknown
        : { readonly tooNarrowFor: A[K] }
      : unknown
    : unknown
}

/** What is wrong with a request as a whole: the field to blame, and why. @internal */
export type Refuse<A> = (value: A) => readonly [field: string & keyof A, why: string] | undefined

/** An argument that is an object of options. @internal */
export const request =
  <A>(optional: "required" | "optional" = "required") =>
  <Fields extends FieldsOf<NonNullable<A>>>(
    fields: Fields & WideEnough<NonNullable<A>, Fields>,
    options: {
      readonly name?: string
      readonly refuse?: Refuse<NonNullable<A>>
      readonly prepare?: (value: NonNullable<A>) => NonNullable<A>
    } = {}
  ): Parameter<A> => {
    const { name = "", prepare, refuse } = options
    const shape = Schema.Struct(fields as Schema.Struct.Fields)
    const checkShape = checker(name, optional === "optional" ? Schema.UndefinedOr(shape) : shape)
    return {
      takesReason: "reason" in fields && fields.reason === reason,
      prepare: prepare === undefined ? undefined : (value) => (value == null ? value : prepare(value)),
      check: (value) => {
        const problem = checkShape(value)
        if (problem !== undefined || value == null || refuse === undefined) return problem
        const refused = refuse(value)
        return refused === undefined ? undefined : new InvalidInput({ field: refused[0], reason: refused[1] })
      }
    }
  }
