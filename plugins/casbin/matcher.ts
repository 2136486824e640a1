// What a matcher may name. To casbin's evaluator an unknown name is just undefined, so that a misspelt function or field
// could make a condition true (`!keyMatch6(...)`, `r.name != p.nane`).
import { suggest } from '../../core/plugin.ts'

/** Words of the expression language itself. */
const WORDS = new Set(['true', 'false'])

const TEXT = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`
/** A name as casbin has rewritten it: `r.account` is `r_account`. */
const NAME = String.raw`[A-Za-z_$\x80-\uffff][\w$\x80-\uffff]*`
const OPERAND = `(?:${TEXT}|${NAME})`

const OPERANDS = new RegExp(OPERAND, 'g')
const MEMBERSHIP = new RegExp(
  String.raw`(${OPERAND})\s+in\s*\(\s*(${OPERAND}(?:\s*,\s*${OPERAND})*)\s*\)|${TEXT}`,
  'g',
)

/**
 * Writes `x in ("a", "b")` out as comparisons: casbin's evaluator lets `&&` bind tighter than `in`, and takes parentheses
 * elsewhere in such a matcher for lists.
 *
 * @example spellOut('r_action in ("pull", "push")') // (r_action == "pull" || r_action == "push")
 */
export function spellOut(matcher: string): string {
  return matcher.replace(MEMBERSHIP, (found: string, operand?: string, list?: string) => {
    if (operand === undefined || list === undefined) return found
    return `(${list
      .match(OPERANDS)!
      .map((item) => `${operand} == ${item}`)
      .join(' || ')})`
  })
}

/**
 * Checks the names in a matcher.
 *
 * @param matcher as casbin keeps it, spelt out
 * @param known fields, functions and role definitions
 * @throws Error that names the first unknown one
 */
export function checkMatcher(matcher: string, known: readonly string[]): void {
  const names = new Set(known)
  for (const [operand] of matcher.matchAll(OPERANDS)) {
    if (operand.startsWith('"') || operand.startsWith("'") || WORDS.has(operand) || names.has(operand))
      continue
    if (operand === 'in') throw new Error('the matcher uses `in`; write r.action in ("pull", "push")')
    if (operand === 'eval')
      throw new Error('the matcher uses eval(), which runs the policy as a program; write it out')
    throw new Error(
      `the matcher names ${shown(operand)}, which is not defined; ${suggest(shown(operand), known.map(shown))}`,
    )
  }
}

/** As the operator wrote it. */
function shown(name: string): string {
  return name.replace(/^([rp]\d*)_/, '$1.')
}
