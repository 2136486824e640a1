// Why a condition of a rule does not hold, in words: what there is, and what was wanted.
import { type Facts, type Field, labelValues } from './facts.ts'
import { isFault, parseGlob } from './glob.ts'
import { toMatcher } from './glob-match.ts'
import { type PatternScope, textOf } from './matcher.ts'
import type { Part } from './placeholder.ts'
import { compileRegex, inner, isRegex } from './regex.ts'

const LONGEST_TEXT = 100
const MOST_VALUES = 8
const LONGEST_SOURCE = 300

/** A pattern of a rule, for sentences. */
export interface WrittenPattern {
  /** As it stands in the rule. */
  readonly text: string
  /** Its texts and placeholders; those of an expression may be without its slashes. */
  readonly parts: readonly Part[]
  readonly scope: PatternScope
}

/** @example whyNotField('account', { text: 'bob', ... }, facts) // 'account is alice, wanted bob' */
export function whyNotField(field: Field, pattern: WrittenPattern, facts: Facts): string {
  const held = facts[field]
  return `${field} is ${isNobody(field, held) ? 'empty (nobody has logged in)' : textShown(held)}, ${wanted(pattern, [held], facts)}`
}

function isNobody(field: Field, held: string): boolean {
  return field === 'account' && held === ''
}

/** @example whyNotLabel('team', { text: 'ops', ... }, facts) // 'label team is [red], wanted ops' */
export function whyNotLabel(label: string, pattern: WrittenPattern, facts: Facts): string {
  const values = labelValues(facts.labels, label)
  const held = values ? `is ${listShown(values)}` : `is not there${othersOf(facts)}`
  return `label ${textShown(label)} ${held}, ${wanted(pattern, values ?? [], facts)}`
}

/** A name may be misspelt. */
function othersOf({ labels }: Facts): string {
  const names = Object.keys(labels)
  return names.length === 0 ? '' : ` (there is ${listShown(names)})`
}

/** @example whyNotAddress('10.0.0.0/8', facts) // 'ip is 192.0.2.1, wanted 10.0.0.0/8' */
export function whyNotAddress(network: string, { ip }: Facts): string {
  return `ip is ${ip ?? 'not known'}, wanted ${textShown(network)}`
}

/** @example listShown(['red', 'blue']) // '[red, blue]' */
export function listShown(values: readonly string[]): string {
  const more = values.length > MOST_VALUES ? [`${values.length - MOST_VALUES} more`] : []
  return `[${[...values.slice(0, MOST_VALUES).map(textShown), ...more].join(', ')}]`
}

/** A text that can't be taken for a part of the sentence around it. */
export function textShown(text: string): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}...` : text
  return /^[\w.@:/*?+$={}|^~-]+$/.test(short) ? short : JSON.stringify(short)
}

/** An expression on one line, of bounded length. */
export function clipped(source: string): string {
  const line = source.replace(/\s+/g, ' ').trim()
  return line.length > LONGEST_SOURCE ? `${line.slice(0, LONGEST_SOURCE)}...` : line
}

function wanted({ text, parts, scope }: WrittenPattern, held: readonly string[], facts: Facts): string {
  const filled = parts.some((part) => typeof part !== 'string') ? fill(parts, facts, scope) : undefined
  const regex = isRegex(text)
  const full = filled ? (regex && !isRegex(filled.text) ? `/${filled.text}/` : filled.text) : text
  const notes = filled
    ? [...(filled.text === text ? [] : [`here ${textShown(full)}`]), ...filled.missing]
    : []
  const stands = notes.length > 0 ? ` (${notes.join(', ')})` : ''
  const hint = filled && !filled.exact ? undefined : hintOf(full, regex, held, scope)
  return `wanted ${textShown(text)}${stands}${hint === undefined ? '' : `; ${hint}`}`
}

/** The pattern with what its placeholders stand for. `exact`: it means the same, as far as the eye can see. */
function fill(parts: readonly Part[], facts: Facts, scope: PatternScope) {
  const missing: string[] = []
  let exact = true
  const texts = parts.map((part) => {
    if (typeof part === 'string') return part
    if (part.kind !== 'label') {
      const text = textOf(part, facts, scope)
      if (text !== undefined) return text
      missing.push(`${part.text} captures nothing`)
    } else {
      const values = labelValues(facts.labels, part.label) ?? []
      if (values.length === 1) return values[0]!
      if (values.length > 1) {
        exact = false
        return `{${values.slice(0, MOST_VALUES).join('|')}${values.length > MOST_VALUES ? '|...' : ''}}`
      }
      missing.push(`there is no label ${textShown(part.label)}`)
    }
    exact = false
    return part.text
  })
  return { text: texts.join(''), missing, exact }
}

/** What may be the slip of the pen. */
function hintOf(
  pattern: string,
  regex: boolean,
  held: readonly string[],
  { stars }: PatternScope,
): string | undefined {
  if (regex) {
    const folded = compileRegex(`(?i)${inner(pattern)}`)
    return typeof folded !== 'string' && held.some((text) => folded.test(text)) ? CASE : undefined
  }
  if (held.some((text) => fits(pattern.toLowerCase(), text.toLowerCase(), stars))) return CASE
  if (held.some((text) => fits(pattern.replace(/\*+/g, '**'), text, 'two')))
    return stars === 'two'
      ? 'a single * stops at a slash, ** does not'
      : '* stops at a slash; only a /regex/ goes beyond'
  const expression = compileRegex(pattern)
  if (/[.^$|(]/.test(pattern) && typeof expression !== 'string' && held.some((text) => expression.test(text)))
    return 'as an expression it would match: enclose it in slashes'
  return undefined
}

const CASE = 'they differ in upper and lower case'

function fits(glob: string, text: string, stars: PatternScope['stars']): boolean {
  const atoms = parseGlob([glob], stars)
  return !isFault(atoms) && toMatcher(atoms)(text)
}
