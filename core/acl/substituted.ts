// Patterns with placeholders, `substitution: pattern`: as in docker_auth, captures and label values become part of the
// pattern, and whether the result is a regular expression is judged after the replacement. Variables are quoted.

import type { Steps } from '../contract/steps.ts'
import { beginningOf, startsOf } from './anchored.ts'
import type { Facts } from './facts.ts'
import { type GlobAtom, isFault, parseGlob } from './glob.ts'
import { type GlobMatcher, toMatcher } from './glob-match.ts'
import { MALFORMED_GLOB } from './literal.ts'
import {
  COST,
  type Matcher,
  NEVER,
  type PatternFaults,
  type PatternScope,
  textOf,
  valuesOf,
} from './matcher.ts'
import { numberPlaceholders, type Part, type Placeholder, splitAtPlaceholders } from './placeholder.ts'
import { compileRegex, inner, isRegex, quote } from './regex.ts'
import { gapsOf } from './regex-context.ts'
import { type Piece, type Question, solve } from './substitution-search.ts'

/** Compiles a pattern that has placeholders. */
export function compileSubstituted(
  pattern: string,
  parts: readonly Part[],
  scope: PatternScope,
  faults: PatternFaults,
): Matcher {
  if (isRegex(pattern)) {
    const checked = compileRegex(inner(pattern))
    if (typeof checked === 'string') {
      faults.invalid(`is no valid regular expression: ${checked}`)
      return NEVER
    }
  } else if (parseGlob([pattern], 'one') === 'malformed') {
    faults.dead(MALFORMED_GLOB)
  }
  const glob = plainGlob(parts)
  // Variables are texts; what captures and labels stand for may be more.
  const texts = parts.every(isText)
  const gapped = texts ? gappedRegex(parts) : undefined
  const known = {
    prefix: glob?.prefix,
    ...(texts ? { template: glob?.atoms } : { plainTemplate: glob?.atoms }),
    gapped,
    ...(gapped !== undefined && beginningOf(startsOf(gapped))),
  }
  if (parts.some((part) => typeof part !== 'string' && part.kind === 'label')) {
    return {
      cost: COST.search,
      ...known,
      matches: (subject, facts) => anyMatches(parts, subject, facts, scope),
    }
  }
  return {
    cost: isRegex(pattern) ? COST.filled : COST.template,
    ...known,
    matches(subject, facts) {
      const texts = glob && plainTexts(glob.slots, facts, scope)
      if (texts) return glob.matches(subject, texts)
      return anyMatches(parts, subject, facts, scope)
    },
  }
}

function isText(part: Part): boolean {
  return typeof part === 'string' || part.kind === 'variable'
}

/** The expression between the slashes with a dot for each variable; undefined when there is none that they leave as it is. */
function gappedRegex(parts: readonly Part[]): string | undefined {
  const { texts } = splitAtPlaceholders(parts)
  const whole = texts.join('.')
  if (!isRegex(whole) || !texts[0]!.startsWith('/') || !texts.at(-1)!.endsWith('/')) return undefined
  // An empty variable leaves its repetition to what stands before it.
  const fits = gapsOf(texts).every(({ place, repeated }) => place === 'item' && !repeated)
  return fits ? inner(whole) : undefined
}

interface PlainGlob {
  readonly atoms: readonly GlobAtom[]
  readonly matches: GlobMatcher
  readonly slots: readonly Placeholder[]
  readonly prefix: string | undefined
}

/** The pattern as a glob with slots, if it is a glob whatever the placeholders stand for. */
function plainGlob(parts: readonly Part[]): PlainGlob | undefined {
  const { items, slots } = numberPlaceholders(parts)
  const first = items[0]!
  const last = items.at(-1)!
  const open = typeof first === 'string' && !first.startsWith('/')
  const end = typeof last === 'string' && !last.endsWith('/')
  const atoms = parseGlob(items, 'one')
  if (!(open || end) || isFault(atoms)) return undefined
  return {
    atoms,
    matches: toMatcher(atoms),
    slots,
    prefix: atoms[0]?.kind === 'text' ? atoms[0].text : undefined,
  }
}

/** The slots' texts, if each of them means just itself in a glob. */
function plainTexts(
  slots: readonly Placeholder[],
  facts: Facts,
  scope: PatternScope,
): readonly string[] | undefined {
  const texts: string[] = []
  for (const slot of slots) {
    const text = slot.kind === 'label' ? undefined : textOf(slot, facts, scope)
    // Variables are quoted; captures are not.
    if (text === undefined || (slot.kind === 'capture' && /[*?[\\]/.test(text))) return undefined
    texts.push(text)
  }
  return texts
}

/** Whether the pattern matches with some of the values of its labels, or with none replaced. */
function* anyMatches(
  parts: readonly Part[],
  subject: string,
  facts: Facts,
  scope: PatternScope,
): Steps<boolean> {
  const values = new Map<string, readonly string[]>()
  const pieces = parts.map((part) => toPiece(part, facts, scope, values))
  const question: Question = { subject, store: scope.store }
  // docker_auth first tries the pattern with its label placeholders as they are; a label that is there but has no values
  // leaves it at that.
  const bare = pieces.map((piece) =>
    typeof piece === 'object' && piece.kind === 'label'
      ? ({ kind: 'unresolved', text: piece.text } as const)
      : piece,
  )
  if (values.size === 0) return yield* solve(bare, values, question)
  const complete = [...values.values()].every((list) => list.length > 0)
  if (yield* solve(bare, new Map(), question)) return true
  return complete && (yield* solve(pieces, values, question))
}

function toPiece(
  part: Part,
  facts: Facts,
  scope: PatternScope,
  values: Map<string, readonly string[]>,
): Piece {
  if (typeof part === 'string') return part
  if (part.kind === 'label') {
    const held = valuesOf(part.label, facts, scope)
    if (held === undefined) return { kind: 'unresolved', text: part.text }
    values.set(part.label, held)
    return { kind: 'label', label: part.label, text: part.text }
  }
  const text = textOf(part, facts, scope)
  if (text === undefined) return { kind: 'unresolved', text: part.text }
  return part.kind === 'variable' ? quote(text) : text
}
