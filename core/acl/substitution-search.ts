// Is there a choice of label values for which a pattern matches, when the values become part of the pattern? Values that
// are complete in themselves are searched all at once; the others (a lone bracket, a value that would turn the pattern
// into a regular expression, ...) are put in one by one.

import type { Steps } from '../contract/steps.ts'
import { isFault, parseGlob } from './glob.ts'
import { toMatcher } from './glob-match.ts'
import { type Option, searchGlob } from './glob-search.ts'
import { numberPlaceholders, splitAtPlaceholders } from './placeholder.ts'
import { isRegex, NOTHING, REGEX_META, type RegexStore } from './regex.ts'
import { gapsOf } from './regex-context.ts'
import { type Alternatives, occursIn, searchRegex } from './regex-search.ts'

type Label = { readonly kind: 'label'; readonly label: string; readonly text: string }
/** A placeholder that stands for nothing: it never matches. */
type Unresolved = { readonly kind: 'unresolved'; readonly text: string }
/** A part of a pattern in which variables and captures have been replaced. */
export type Piece = string | Label | Unresolved
type Values = ReadonlyMap<string, readonly string[]>

/** What is asked, and with what means. */
export interface Question {
  readonly subject: string
  readonly store: RegexStore
}

/**
 * Whether some choice of values makes the pattern match.
 *
 * @param values for each label, at least one
 */
export function* solve(given: readonly Piece[], values: Values, question: Question): Steps<boolean> {
  yield STEPS_PER_TRY
  const pieces = joined(given)
  const head = edgeOf(pieces[0], values, startsWithSlash)
  const tail = edgeOf(pieces.at(-1), values, endsWithSlash)
  if (!pieces.some(isLabel)) return yield* matchText(pieces, question)
  if (head === 'other' || tail === 'other') return yield* solveGlob(pieces, values, question)
  if (head === 'slash' && tail === 'slash') return yield* solveRegex(pieces, values, question)
  const [edge, slash] =
    head === 'mixed' ? ([pieces[0], startsWithSlash] as const) : ([pieces.at(-1), endsWithSlash] as const)
  const { label } = edge as Label
  return yield* split(pieces, values, label, (value) => value !== '' && !slash(value), question)
}

/** What it costs to take one choice of values apart. */
const STEPS_PER_TRY = 30

/** Neighbouring texts joined, so that the first and the last piece tell how the pattern begins and ends. */
function joined(given: readonly Piece[]): Piece[] {
  const pieces: Piece[] = []
  for (const piece of given) {
    const last = pieces.at(-1)
    if (piece === '') continue
    if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece
    else pieces.push(piece)
  }
  return pieces
}

function isLabel(piece: Piece): piece is Label {
  return typeof piece === 'object' && piece.kind === 'label'
}

function startsWithSlash(text: string): boolean {
  return text.startsWith('/')
}

function endsWithSlash(text: string): boolean {
  return text.endsWith('/')
}

/** Whether the pattern has a slash at this end: surely, surely not, or with some values only. */
function edgeOf(
  piece: Piece | undefined,
  values: Values,
  slash: (text: string) => boolean,
): 'slash' | 'other' | 'mixed' {
  if (typeof piece === 'string') return slash(piece) ? 'slash' : 'other'
  if (!piece || !isLabel(piece)) return 'other'
  return values.get(piece.label)!.some((value) => value === '' || slash(value)) ? 'mixed' : 'other'
}

/** Searches the values of one label that can be searched together, then puts in each of the others by itself. */
function* split(
  pieces: readonly Piece[],
  values: Values,
  label: string,
  together: (value: string) => boolean,
  question: Question,
): Steps<boolean> {
  const all = values.get(label)!
  yield* lookAt(all)
  const kept = all.filter(together)
  if (kept.length > 0 && (yield* solve(pieces, new Map(values).set(label, kept), question))) return true
  for (const value of all) {
    if (together(value)) continue
    const fixed = pieces.map((piece) => (isLabel(piece) && piece.label === label ? value : piece))
    if (yield* solve(fixed, values, question)) return true
  }
  return false
}

/** What it costs to look at each of a label's values by itself. */
function* lookAt(values: readonly string[]): Steps<void> {
  yield Math.ceil(values.length / 2)
}

function none(): boolean {
  return false
}

/** A pattern without labels. */
function* matchText(pieces: readonly Piece[], { subject, store }: Question): Steps<boolean> {
  const whole = pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('')
  if (isRegex(whole)) {
    const { texts } = expressionOf(pieces)
    const expression = texts.join(NOTHING)
    yield store.priceOf(expression)
    return gapsOf(texts).every(({ place }) => place !== 'inside') && store.test(expression, subject)
  }
  if (pieces.some((piece) => typeof piece === 'object')) return false
  const atoms = parseGlob([whole], 'one')
  return !isFault(atoms) && toMatcher(atoms)(subject)
}

function* solveGlob(pieces: readonly Piece[], values: Values, question: Question): Steps<boolean> {
  if (pieces.some((piece) => typeof piece === 'object' && piece.kind === 'unresolved')) return false
  const { items, slots } = numberPlaceholders(pieces as readonly (string | Label)[])
  const atoms = parseGlob(items, 'one')
  if (isFault(atoms) && typeof atoms === 'object') {
    return yield* split(pieces, values, slots[atoms.misplaced]!.label, none, question)
  }
  for (const { label } of slots) yield* lookAt(values.get(label)!)
  const unfinished = slots.find(({ label }) => !values.get(label)!.every(isCompleteGlob))
  if (unfinished) return yield* split(pieces, values, unfinished.label, isCompleteGlob, question)
  if (isFault(atoms)) return false
  const options = slots.map(({ label }) =>
    values
      .get(label)!
      .filter((value) => question.subject.includes(leadingText(value)))
      .map(toOption),
  )
  return yield* searchGlob(atoms, options, question.subject)
}

/** Whether a value means the same wherever it stands in a glob, outside of `[...]`. */
function isCompleteGlob(value: string): boolean {
  return !/[[\\]/.test(value) || !isFault(parseGlob([value], 'one'))
}

function toOption(value: string): Option {
  return parseGlob([value], 'one') as Option
}

function leadingText(value: string): string {
  return /^[^*?[\\]*/.exec(value)![0]
}

function* solveRegex(pieces: readonly Piece[], values: Values, question: Question): Steps<boolean> {
  const { subject, store } = question
  const { texts, gaps } = expressionOf(pieces)
  const places = gapsOf(texts)
  const odd = places.findIndex(({ place, repeated }, index) =>
    isLabel(gaps[index]!) ? place !== 'item' || repeated : place === 'inside',
  )
  if (odd >= 0) {
    const gap = gaps[odd]!
    return isLabel(gap) && (yield* split(pieces, values, gap.label, none, question))
  }
  for (const gap of gaps) {
    if (!isLabel(gap)) continue
    const all = values.get(gap.label)!
    const complete = yield* completeExpressions(all, store)
    const isComplete = (value: string) => complete.has(value)
    if (!all.every(isComplete)) return yield* split(pieces, values, gap.label, isComplete, question)
  }
  const occurs = occursIn(subject, texts)
  const regex = { texts: [''], labels: [] as string[] }
  const alternatives = new Map<string, Alternatives>()
  for (const [index, text] of texts.entries()) {
    const gap = gaps[index]
    regex.texts[regex.texts.length - 1] += text + (gap && !isLabel(gap) ? NOTHING : '')
    if (!gap || !isLabel(gap)) continue
    yield* lookAt(values.get(gap.label)!)
    const fitting = values.get(gap.label)!.filter((value) => occurs(requiredText(value)))
    alternatives.set(gap.label, {
      literals: fitting.filter((value) => !REGEX_META.test(value)),
      expressions: fitting.filter((value) => REGEX_META.test(value)),
    })
    regex.labels.push(gap.label)
    regex.texts.push('')
  }
  return yield* searchRegex(regex, alternatives, subject, store)
}

/** The texts and gaps between the slashes. */
function expressionOf(pieces: readonly Piece[]): { texts: string[]; gaps: (Label | Unresolved)[] } {
  const { texts, gaps } = splitAtPlaceholders(pieces)
  texts[0] = texts[0]!.slice(1)
  texts[texts.length - 1] = texts.at(-1)!.slice(0, -1)
  return { texts, gaps }
}

/** Characters, dots and simple escapes, each with or without a repetition: surely valid. */
const SIMPLE = /^(?:(?:[^\\.+*?()|[\]{}^$]|\.|\\[dwsDWS./+*?()|[\]{}^$-])(?:[*+?]\??)?)+$/u

/**
 * The values that mean the same wherever they stand as an item of their own. Those with alternatives, counts or groups
 * with flags are left out for simplicity.
 */
function* completeExpressions(values: readonly string[], store: RegexStore): Steps<ReadonlySet<string>> {
  const complete = new Set<string>()
  for (const value of values) {
    yield 1
    if (SIMPLE.test(value)) complete.add(value)
    else if (value !== '' && !/[|{}]|\(\?|\\[0-7xpPQ]/.test(value)) {
      yield store.priceOf(value)
      if (store.get(value)) complete.add(value)
    }
  }
  return complete
}

/** Text that must be in the subject for a complete value to match. */
function requiredText(value: string): string {
  const text = /^[^\\.+*?()|[\]{}^$]*/u.exec(value)![0]
  return /^[*?]/.test(value.slice(text.length)) ? [...text].slice(0, -1).join('') : text
}
