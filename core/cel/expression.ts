// CEL expressions in a configuration: parsed and type-checked at load, evaluated per request. Bounded, no side effects.
import type { ParseResult } from '@marcbachmann/cel-js'
import { z } from 'zod'
import type { Labels } from '../contract/labels.ts'
import { TooMuchWork } from '../contract/steps.ts'
import {
  conjuncts,
  fieldsRead,
  fieldsTaken,
  identifiers,
  rename,
  texts,
  thereName,
  withoutHas,
} from './ast.ts'
import { type Empty, emptiesOf, fill } from './empties.ts'
import { createEnvironment, insideName, type VariableTypes } from './environment.ts'
import { celHint } from './hints.ts'
import { cel } from './library.ts'
import { counting, Rounds, searchesLists, weightOf } from './rounds.ts'
import { fromCel, toCel } from './values.ts'

const MAX_SOURCE = 8_192

/** A compiled expression. */
export interface Expression<T = unknown> {
  /** The text as written. */
  readonly source: string
  /** The parts that must all be true (`a && b`), as written; none when there is but one. */
  readonly conjuncts: readonly string[]
  /** Every text that is written out in it. */
  readonly texts: ReadonlySet<string>
  /** Whether the expression looks at this variable. */
  refersTo(variable: string): boolean
  /** The fields of a variable that the expression names without asking anywhere whether they are there. */
  fieldsTaken(variable: string): ReadonlySet<string>
  /**
   * The value of a variable with something empty in the place of each field that the expression takes for granted and the value has
   * not got: a list where it looks for a member, a text where it compares with one.
   */
  filled(variable: string, value: object): object
  /** The fields of a variable that the expression names; `all` when it looks at the variable as a whole. */
  fieldsRead(variable: string): ReadonlySet<string> | 'all'
  /**
   * The expression's value, as plain JSON: integers beyond 2^53 come as text.
   *
   * @param values the variables; one that is left out makes an expression that looks at it fail
   * @throws MissingField when a field or list element it looks at is not there
   * @throws Error for every other failure; the message quotes the expression, never a value
   */
  evaluate(values: Readonly<Record<string, unknown>>): T
}

/** A field or list element that an expression looks at is not there. */
export class MissingField extends Error {
  override name = 'MissingField'
}

export interface ExpressionOptions {
  /** The variables' names, or names to CEL types (`string`, `list<string>`, `dyn`, ...) or to `{ field: type }`. */
  readonly variables: readonly string[] | VariableTypes
  /** Variables that need not be there: `has(claims)` asks. */
  readonly optional?: readonly string[]
  /** `bool` = anything else is refused: at load where the type is known, otherwise when it is evaluated. */
  readonly returns?: 'bool'
}

/**
 * An option that is a CEL expression. The output is compiled.
 *
 * Whole numbers in values are CEL integers, others doubles; CEL does not mix the two in arithmetic (`double(x)`
 * converts), but compares them. `matches()` is RE2.
 *
 * @example
 * const options = z.strictObject({ accept: expression({ variables: ['response', 'body'], returns: 'bool' }) })
 * options.parse({ accept: 'response.status == 200 && body.code == 0' }).accept.evaluate({ response, body })
 * @see https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */
export function expression(
  options: ExpressionOptions & { returns: 'bool' },
): z.ZodType<Expression<boolean>, string>
export function expression(options: ExpressionOptions): z.ZodType<Expression, string>
export function expression({
  variables,
  returns,
  optional = [],
}: ExpressionOptions): z.ZodType<Expression, string> {
  const types: Record<string, VariableTypes[string]> = Array.isArray(variables)
    ? Object.fromEntries(variables.map((name) => [name, 'dyn']))
    : { ...(variables as VariableTypes) }
  for (const name of optional) types[thereName(name)] = 'bool'
  const known = Object.keys(types).filter((name) => !optional.some((one) => thereName(one) === name))
  const environment = createEnvironment(types)
  const rounds = new Rounds()
  const countingEnvironment = createEnvironment(types, rounds)
  return z
    .string({ error: 'must be a CEL expression, as text' })
    .max(MAX_SOURCE, { error: `an expression may have ${MAX_SOURCE} characters at most`, abort: true })
    .transform((source, context): Expression => {
      try {
        const text = withoutHas(source, environment.parse(source).ast, optional)
        const program = environment.parse(text)
        const named = identifiers(program.ast)
        if (named.has('type') && 'type' in types) rename(program.ast, insideName)
        const { type = 'dyn', error } = program.check()
        if (error) throw error
        if (returns && type !== returns && !type.startsWith('dyn')) {
          throw new Error(`gives ${type}, but true or false is needed; compare it with something`)
        }
        const counted = counting(text, program.ast)
        if (counted === undefined) return compiled(source, program, named, optional, returns)
        const loops = {
          rounds,
          searches: searchesLists(program.ast),
          program: countingEnvironment.parse(counted),
        }
        if (named.has('type') && 'type' in types) rename(loops.program.ast, insideName)
        const { error: slip } = loops.program.check()
        if (slip) throw slip
        return compiled(source, program, named, optional, returns, loops)
      } catch (error) {
        context.addIssue({ code: 'custom', message: loadMessage(error, source, known) })
        return z.NEVER
      }
    })
}

function compiled(
  source: string,
  program: ParseResult,
  named: ReadonlySet<string>,
  optional: readonly string[],
  returns?: 'bool',
  loops?: Loops,
): Expression {
  const empties = new Map<string, readonly Empty[]>()
  return {
    source,
    conjuncts: conjuncts(program.ast).map(([start, end]) => source.slice(start, end)),
    texts: texts(program.ast),
    refersTo: (variable) => named.has(variable),
    filled(variable, value) {
      let known = empties.get(variable)
      if (!known) {
        known = emptiesOf(program.ast, variable)
        empties.set(variable, known)
      }
      return fill(value, known)
    },
    fieldsTaken: (variable) => fieldsTaken(program.ast, variable),
    fieldsRead: (variable) => fieldsRead(program.ast, variable),
    evaluate(values) {
      let result: unknown
      try {
        const given = new Map<string, unknown>()
        for (const name of named) {
          if (Object.hasOwn(values, name) && values[name] !== undefined)
            given.set(insideName(name), toCel(values[name]))
        }
        for (const name of optional) given.set(thereName(name), values[name] !== undefined)
        result = fromCel(loops ? evaluateLoops(loops, given) : program(given))
      } catch (error) {
        throw failure(error, source)
      }
      if (returns === 'bool' && typeof result !== 'boolean') {
        throw new Error(`the expression ${quote(source)} gives something else than true or false`)
      }
      return result
    },
  }
}

/** An expression that counts the rounds of its loops. */
interface Loops {
  readonly rounds: Rounds
  readonly program: ParseResult
  /** Whether a round may go through a whole list. */
  readonly searches: boolean
}

function evaluateLoops({ rounds, program, searches }: Loops, given: ReadonlyMap<string, unknown>): unknown {
  rounds.begin(searches ? weightOf(given) : 1)
  let result: unknown
  try {
    result = program(given)
  } finally {
    // First of all: what comes of loops that were cut short means nothing.
    rounds.end()
  }
  return result
}

/**
 * Evaluates an expression for which a missing field is an answer.
 *
 * @returns undefined when a field or list element that it looks at is not there
 * @throws Error for every other failure
 * @example evaluateIfThere(when, { labels }) === true
 */
export function evaluateIfThere<T>(
  rule: Expression<T>,
  values: Readonly<Record<string, unknown>>,
): T | undefined {
  try {
    return rule.evaluate(values)
  } catch (error) {
    if (error instanceof MissingField) return undefined
    throw error
  }
}

/**
 * Evaluates one expression a label. Numbers and booleans become text; a missing field, null or an empty list means "no
 * such label".
 *
 * @param expressions label names to expressions that give text or a list of texts
 * @throws Error when an expression fails for another reason, or gives something else
 * @example deriveLabels({ group: compiledExpression }, { body: { groups: ['dev', 7] } }) // { group: ['dev', '7'] }
 */
export function deriveLabels(
  expressions: Readonly<Record<string, Expression>>,
  values: Readonly<Record<string, unknown>>,
): Labels {
  const labels: Record<string, readonly string[]> = Object.create(null)
  for (const [name, rule] of Object.entries(expressions)) {
    const texts = labelValues(name, rule, values)
    if (texts.length > 0) labels[name] = texts
  }
  return labels
}

function labelValues(name: string, rule: Expression, values: Readonly<Record<string, unknown>>): string[] {
  const result = evaluateIfThere(rule, values) ?? []
  return (Array.isArray(result) ? result : [result]).map((item: unknown) => {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') return String(item)
    throw new Error(
      `label ${JSON.stringify(name)}: the expression ${quote(rule.source)} must give text or a list of texts`,
    )
  })
}

const MISSING: ReadonlySet<string> = new Set(['no_such_key', 'index_out_of_bounds'])
/** Failures whose text names types and fields; the texts of others can quote a value. */
const TELLING: ReadonlySet<string> = new Set(['no_such_key', 'no_such_overload', 'no_matching_overload'])

function failure(error: unknown, source: string): Error {
  const { EvaluationError } = cel()
  const code = error instanceof EvaluationError ? error.code : ''
  const reason =
    error instanceof EvaluationError && TELLING.has(code)
      ? error.summary
      : error instanceof RangeError || error instanceof TypeError || error instanceof TooMuchWork
        ? error.message
        : code.replaceAll('_', ' ') || 'it cannot be evaluated'
  const message = `the expression ${quote(source)} fails: ${clip(reason)}`
  return MISSING.has(code) ? new MissingField(message) : new Error(message)
}

/** What is wrong with the text, and where, in one short line. */
function loadMessage(error: unknown, source: string, known: readonly string[]): string {
  const { ParseError, TypeError: TypeFault } = cel()
  if (!(error instanceof ParseError || error instanceof TypeFault)) {
    return `the expression ${quote(source)} ${(error as Error).message}`
  }
  const at = error.range
    ? quote(source.slice(error.range.start, error.range.end) || source.slice(error.range.start))
    : ''
  const { code, summary, range } = error
  const hint = celHint({ code, summary, source, range }, known)
  return `not a valid CEL expression: ${clip(error.summary)}${at === '' || at === '""' ? ` in ${quote(source)}` : ` at ${at}`}${hint === undefined ? '' : `; ${hint}`}`
}

function quote(text: string): string {
  return JSON.stringify(clip(text))
}

function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 80 ? `${line.slice(0, 77)}...` : line
}
