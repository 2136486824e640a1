// The CEL dialect of Dockwarden's expressions: bounded in size, and with regular expressions that are RE2.
import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { cel } from './library.ts'
import type { Checker, Evaluator } from './macro.ts'
import { type Rounds, TICK } from './rounds.ts'
import { registerTimeZones } from './time.ts'

/** The most that one expression may be: far above what anyone writes, far below what hurts. */
const LIMITS = {
  maxAstNodes: 2_000,
  maxDepth: 50,
  maxListElements: 1_000,
  maxMapEntries: 200,
  maxCallArguments: 16,
}
/** Each loop becomes a little larger. */
const COUNTING_LIMITS = { ...LIMITS, maxAstNodes: 8_000, maxDepth: 150 }
const MAX_PATTERN = 1_000
/** What a match costs, in rounds of a loop: for so many characters, and for a pattern that has to be compiled. */
const CHARACTERS_A_ROUND = 50
const COMPILE_ROUNDS = 300

/** Variables' names to CEL types (`string`, `list<string>`, `dyn` for anything), or to fields and their types. */
export type VariableTypes = Readonly<Record<string, string | Readonly<Record<string, string>>>>

/**
 * A CEL environment that knows the given variables; of one with declared fields no other field can be named.
 *
 * @param rounds for expressions that count; others can't call what they count with
 */
export function createEnvironment(variables: VariableTypes, rounds?: Rounds): Environment {
  const limits = rounds ? COUNTING_LIMITS : LIMITS
  const environment = new (cel().Environment)({ homogeneousAggregateLiterals: false, limits })
  if (rounds) environment.registerFunction(`${TICK}(): bool`, () => rounds.spend())
  // The library's own matches() is a JavaScript RegExp, which can take exponential time. A macro of the same name and
  // number of arguments comes first, whatever its receiver's type; the type `list` only keeps the two signatures apart.
  environment.registerFunction('list.matches(ast): bool', (call: MatchesCall) => matchesMacro(call, rounds))
  registerTimeZones(environment)
  for (const [name, type] of Object.entries(variables)) {
    const declared = typeof type === 'string' ? { type } : { schema: { ...type } }
    environment.registerVariable(insideName(name), declared)
  }
  return environment
}

/**
 * What the library calls a variable: `type` is taken, by the type of all types, which no expression needs. No expression can
 * name the other one.
 */
export function insideName(variable: string): string {
  return variable === 'type' ? '$type' : variable
}

interface MatchesCall {
  readonly receiver: ASTNode
  readonly args: [ASTNode]
}

/** `text.matches(pattern)`: an unanchored RE2 match. A pattern that stands in the expression is compiled at load. */
function matchesMacro({ receiver, args }: MatchesCall, rounds?: Rounds) {
  const [pattern] = args
  let compiled: { source: string; regex: RE2JS } | undefined
  const compile = (source: string, from: Checker | Evaluator): RE2JS => {
    if (compiled?.source !== source) compiled = { source, regex: compileRe2(source, pattern, from) }
    return compiled.regex
  }
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: unknown) {
      for (const node of [receiver, pattern]) {
        const type = checker.check(node, context)
        if (type.kind !== 'dyn' && type.type !== 'string') {
          throw checker.createError(
            'no_matching_overload',
            'matches() works on text with a text pattern',
            node,
          )
        }
      }
      if (pattern.op === 'value') compile(String(pattern.args), checker)
      return checker.getType('bool')
    },
    evaluate(evaluator: Evaluator, _macro: unknown, context: unknown) {
      const text = evaluator.run(receiver, context)
      const source = evaluator.run(pattern, context)
      if (typeof text !== 'string' || typeof source !== 'string') {
        throw evaluator.createError(
          'no_matching_overload',
          'matches() works on text with a text pattern',
          receiver,
        )
      }
      const price =
        Math.ceil(text.length / CHARACTERS_A_ROUND) + (compiled?.source === source ? 0 : COMPILE_ROUNDS)
      return rounds?.spend(price) === false ? false : compile(source, evaluator).test(text)
    },
  }
}

function compileRe2(source: string, node: ASTNode, from: Checker | Evaluator): RE2JS {
  const bad = (why: string) => from.createError('invalid_regular_expression', why, node)
  if (source.length > MAX_PATTERN)
    throw bad(`a regular expression may have ${MAX_PATTERN} characters at most`)
  try {
    return RE2JS.compile(source)
  } catch {
    throw bad('not a valid RE2 regular expression')
  }
}
