// Regular expressions with labels in them: is there a choice of label values for which the expression matches? All values
// are put into one expression as alternatives, so that the work grows with their sum and not with their product.
import { type Budget, STEPS_PER_TRY } from './budget.ts'
import { NOTHING, quote, type RegexStore } from './regex.ts'

/** What one label may stand for: literal texts, and expressions that are each complete in themselves. */
export interface Alternatives {
  readonly literals: readonly string[]
  readonly expressions: readonly string[]
}

/** An expression with gaps: between each two texts stands the label of that index. */
export interface GappedRegex {
  readonly texts: readonly string[]
  readonly labels: readonly string[]
}

/**
 * Whether some choice of values matches somewhere in the subject; the same label stands for the same value everywhere.
 *
 * @param regex its gaps must be items of their own
 * @throws TooMuchWork when there are too many choices for labels that stand there twice
 */
export function searchRegex(
  regex: GappedRegex,
  alternatives: ReadonlyMap<string, Alternatives>,
  subject: string,
  store: RegexStore,
  budget: Budget,
): boolean {
  budget.spend(STEPS_PER_TRY)
  // Each occurrence may take another value here: necessary, and with labels that stand there once also sufficient.
  const expression = fill(regex, (label) => oneOf(alternatives.get(label)!))
  // Invalid with any values is a "no"; too large with all of them is not.
  if (!store.get(fill(regex, () => '(?:x)'))) return false
  if (!store.need(expression).test(subject)) return false
  const repeated = regex.labels.find(
    (label, index) => regex.labels.indexOf(label) !== index && countOf(alternatives.get(label)!) > 1,
  )
  if (repeated === undefined) return true
  const { literals, expressions } = alternatives.get(repeated)!
  const fixed = (one: Alternatives) =>
    searchRegex(regex, new Map(alternatives).set(repeated, one), subject, store, budget)
  return (
    literals.some((literal) => fixed({ literals: [literal], expressions: [] })) ||
    expressions.some((expression) => fixed({ literals: [], expressions: [expression] }))
  )
}

/**
 * Makes a test whether a text that stands literally in an expression can be in the subject.
 *
 * @param texts the expression's texts: with flags such as `(?i)` in them, case does not count
 */
export function occursIn(subject: string, texts: readonly string[]): (text: string) => boolean {
  const flags = texts.some((text) => /\(\?[^:P<]/.test(text))
  if (!flags) return (text) => subject.includes(text)
  const folded = fold(subject)
  return (text) => folded.includes(fold(text))
}

/** Both ways, because some letters have only one of them (the Kelvin sign, the long s). */
function fold(text: string): string {
  return text.toLowerCase().toUpperCase()
}

function countOf({ literals, expressions }: Alternatives): number {
  return literals.length + expressions.length
}

function fill({ texts, labels }: GappedRegex, value: (label: string) => string): string {
  return texts.map((text, index) => (index < labels.length ? text + value(labels[index]!) : text)).join('')
}

function oneOf({ literals, expressions }: Alternatives): string {
  const all = expressions.map((expression) => `(?:${expression})`)
  if (literals.length > 0) all.unshift(trie([...new Set(literals)].map((text) => [...text])))
  return all.length === 0 ? NOTHING : `(?:${all.join('|')})`
}

/** Texts as one expression that holds each common beginning once: values such as team-1, team-2, ... compile faster. */
function trie(texts: readonly (readonly string[])[], depth = 0): string {
  const branches = new Map<string, (readonly string[])[]>()
  let ends = false
  for (const text of texts) {
    const next = text[depth]
    if (next === undefined) ends = true
    else if (!branches.get(next)?.push(text)) branches.set(next, [text])
  }
  const all = [...branches].map(([next, rest]) =>
    rest.length === 1 ? quote(rest[0]!.slice(depth).join('')) : quote(next) + trie(rest, depth + 1),
  )
  if (ends) all.push('')
  return all.length === 1 ? all[0]! : `(?:${all.join('|')})`
}
