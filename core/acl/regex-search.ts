// Regular expressions with labels in them: is there a choice of label values for which the expression matches? All values
// are put into one expression as alternatives, so that the work grows with their sum and not with their product.
import type { Steps } from '../contract/steps.ts'
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
 */
export function* searchRegex(
  regex: GappedRegex,
  alternatives: ReadonlyMap<string, Alternatives>,
  subject: string,
  store: RegexStore,
): Steps<boolean> {
  // Invalid with any values is a "no"; too large with all of them is not.
  const bare = fill(regex, () => '(?:x)')
  yield store.priceOf(bare)
  if (!store.get(bare)) return false
  const search = { regex, subject, store }
  const parts = new Map<string, readonly Alternatives[]>()
  for (const [label, all] of alternatives) parts.set(label, partsOf(all))
  // What can't match whatever the other labels stand for is left out first: then few combinations are left.
  for (const [label, all] of parts) {
    if (all.length === 1) continue
    const fitting: Alternatives[] = []
    for (const part of all) {
      const given = (other: string) => (other === label ? part : only(parts.get(other)!))
      if (yield* matches(search, given)) fitting.push(part)
    }
    if (fitting.length === 0) return false
    parts.set(label, fitting)
  }
  return yield* choose(search, parts, new Map())
}

interface Search {
  readonly regex: GappedRegex
  readonly subject: string
  readonly store: RegexStore
}

/** The only part there is; undefined = several, so that it may be anything. */
function only(parts: readonly Alternatives[]): Alternatives | undefined {
  return parts.length === 1 ? parts[0] : undefined
}

/** Tries each combination of parts, a label at a time. */
function* choose(
  search: Search,
  parts: ReadonlyMap<string, readonly Alternatives[]>,
  chosen: ReadonlyMap<string, Alternatives>,
): Steps<boolean> {
  const open = [...parts.keys()].find((label) => !chosen.has(label))
  if (!(yield* matches(search, (label) => chosen.get(label) ?? only(parts.get(label)!)))) return false
  if (open === undefined) return yield* fix(search, chosen)
  for (const part of parts.get(open)!) {
    if (yield* choose(search, parts, new Map(chosen).set(open, part))) return true
  }
  return false
}

/** The expression matches with these alternatives; a label that stands there twice must stand for one value in both places. */
function* fix(search: Search, chosen: ReadonlyMap<string, Alternatives>): Steps<boolean> {
  const { labels } = search.regex
  const repeated = labels.find(
    (label, index) => labels.indexOf(label) !== index && countOf(chosen.get(label)!) > 1,
  )
  if (repeated === undefined) return true
  for (const one of singlesOf(chosen.get(repeated)!)) {
    const fixed = new Map(chosen).set(repeated, one)
    if ((yield* matches(search, (label) => fixed.get(label))) && (yield* fix(search, fixed))) return true
  }
  return false
}

/** Whether it matches when each label stands for one of its alternatives, another one at each place; undefined = for any text. */
function* matches(
  { regex, subject, store }: Search,
  given: (label: string) => Alternatives | undefined,
): Steps<boolean> {
  const expression = fill(regex, (label) => {
    const held = given(label)
    return held ? oneOf(held) : ANYTHING
  })
  yield store.priceOf(expression)
  return store.need(expression).test(subject)
}

const ANYTHING = '(?s:.*)'

/** So many characters of alternatives are compiled in a few milliseconds. */
const LONGEST_PART = 1_000

/** Alternatives in parts that can each be compiled in one piece; at least one part. */
function partsOf({ literals, expressions }: Alternatives): Alternatives[] {
  const parts: { literals: string[]; expressions: string[] }[] = [{ literals: [], expressions: [] }]
  let length = 0
  const add = (kind: keyof Alternatives, text: string) => {
    if (length + text.length > LONGEST_PART && length > 0) {
      parts.push({ literals: [], expressions: [] })
      length = 0
    }
    length += text.length + 1
    parts.at(-1)![kind].push(text)
  }
  for (const text of literals) add('literals', text)
  for (const text of expressions) add('expressions', text)
  return parts
}

function singlesOf({ literals, expressions }: Alternatives): Alternatives[] {
  return [
    ...literals.map((literal) => ({ literals: [literal], expressions: [] })),
    ...expressions.map((expression) => ({ literals: [], expressions: [expression] })),
  ]
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
