// RE2 regular expressions: which patterns are one, how they are compiled, and a bounded store of the compiled ones.
import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import { TooMuchWork } from '../contract/steps.ts'
import { withoutNames } from './regex-context.ts'

/** An expression that matches no text at all, also when a repetition follows: what has no value must not become optional. */
export const NOTHING = '[^\\x00-\\x{10FFFF}]x'

/** Characters that mean something else than themselves in an expression. */
export const REGEX_META = /[\\.+*?()|[\]{}^$]/

/** Whether a pattern is a regular expression: longer than two characters and enclosed in slashes. */
export function isRegex(pattern: string): boolean {
  return pattern.length > 2 && pattern.startsWith('/') && pattern.endsWith('/')
}

/** The expression between the slashes. */
export function inner(pattern: string): string {
  return pattern.slice(1, -1)
}

/** Text as an expression that matches just this text. */
export function quote(text: string): string {
  return REGEX_META.test(text) ? text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&') : text
}

/**
 * Compiles an expression.
 *
 * @returns the compiled one, or why RE2 does not accept it
 */
export function compileRegex(expression: string): RE2JS | string {
  const compiled = attempt(expression)
  // Go's library takes two groups of one name, this one does not. Nothing asks for groups by name.
  return compiled === DUPLICATE ? attempt(withoutNames(expression)) : compiled
}

const DUPLICATE = 'duplicate capture group name'

function attempt(expression: string): RE2JS | string {
  try {
    return RE2JS.compile(expression)
  } catch (error) {
    const why = (error as Error).message.replace(/^error parsing regexp: /, '')
    return why.startsWith(DUPLICATE) ? DUPLICATE : why
  }
}

const MATCH_STEPS = 5
const COMPILE_STEPS = 20
const STEPS_A_CHARACTER = 3

/**
 * Compiled expressions whose text depends on the request, by their text. The least recently used ones are dropped, and
 * very long ones are not kept.
 */
export class RegexStore {
  readonly #compiled = new LRUCache<string, RE2JS | string>({
    max: 1_000,
    maxSize: 4_000_000,
    maxEntrySize: 100_000,
    sizeCalculation: (_, expression) => expression.length + 1,
  })

  /** What it costs, in steps, to get an expression and to match a name with it. */
  priceOf(expression: string): number {
    return this.#compiled.has(expression)
      ? MATCH_STEPS
      : COMPILE_STEPS + STEPS_A_CHARACTER * expression.length
  }

  /** The compiled expression; undefined when it is invalid. */
  get(expression: string): RE2JS | undefined {
    let held = this.#compiled.get(expression)
    if (held === undefined) {
      held = compileRegex(expression)
      this.#compiled.set(expression, held)
    }
    return typeof held === 'string' ? undefined : held
  }

  /**
   * The compiled form of an expression that is valid by its making.
   *
   * @throws TooMuchWork when it is too large to be compiled
   */
  need(expression: string): RE2JS {
    const compiled = this.get(expression)
    if (!compiled)
      throw new TooMuchWork('the regular expression becomes too large with what its placeholders stand for')
    return compiled
  }

  /** Whether the expression is valid and matches somewhere in the subject. */
  test(expression: string, subject: string): boolean {
    return this.get(expression)?.test(subject) ?? false
  }
}
