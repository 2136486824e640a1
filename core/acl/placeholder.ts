// Finds the placeholders in a pattern: `${account}` (a variable), `${account:1}` (a capture), `${labels:group}` (a label).
import { FIELDS, type Field } from './facts.ts'

/** `text` is the placeholder as written, with `${` and `}`. */
export type Placeholder =
  | { readonly kind: 'variable'; readonly text: string; readonly field: Field }
  | { readonly kind: 'capture'; readonly text: string; readonly field: Field; readonly group: number }
  | { readonly kind: 'label'; readonly text: string; readonly label: string }

/** A pattern is a list of texts and placeholders. */
export type Part = string | Placeholder

/** The placeholders' forms, for messages. */
export const FORMS: readonly string[] = [
  ...FIELDS.map((field) => `\${${field}}`),
  ...FIELDS.map((field) => `\${${field}:1}`),
  '${labels:NAME}',
]

/**
 * Reads a pattern for `substitution: literal`. A backslash before the `$` makes it plain text.
 *
 * @returns the parts, and the `${...}` that are no placeholders
 */
export function parseLiteral(pattern: string): { parts: Part[]; unknown: string[] } {
  const parts = new PartList()
  const unknown: string[] = []
  for (let at = 0; at < pattern.length; ) {
    if (pattern[at] === '\\') {
      parts.text(pattern.slice(at, at + 2))
      at += 2
      continue
    }
    const written = placeholderAt(pattern, at)
    const placeholder = written && read(written)
    if (placeholder && isLowerCase(placeholder)) {
      parts.placeholder(placeholder)
      at += written.length
      continue
    }
    if (written) unknown.push(written)
    parts.text(pattern[at]!)
    at += 1
  }
  return { parts: parts.all, unknown }
}

/**
 * Reads a pattern for `substitution: pattern`, where the replacement is one of texts: a backslash protects nothing, and
 * what is no placeholder is text.
 *
 * @returns the parts, and the `${...}` that are no placeholders
 */
export function parseSubstituted(pattern: string): { parts: Part[]; unknown: string[] } {
  const parts = new PartList()
  const unknown: string[] = []
  for (let at = 0; at < pattern.length; ) {
    const written = placeholderAt(pattern, at)
    const placeholder = written && read(written)
    if (placeholder) parts.placeholder(placeholder)
    else {
      if (written) unknown.push(written)
      parts.text(pattern[at]!)
    }
    at += placeholder ? written.length : 1
  }
  return { parts: parts.all, unknown }
}

/**
 * The captures that docker_auth finds in a rule's four patterns. Its search takes the text from the first `${` to `:N}`
 * as one capture, so that in `${account}/${account:1}` it finds none; this finds what it finds.
 *
 * @returns the placeholders' texts
 */
export function dockerAuthCaptures(patterns: Iterable<string>): Set<string> {
  const found = new Set<string>()
  for (const pattern of patterns) {
    for (const [text] of pattern.matchAll(/\$\{[^\n]+?:\d+\}/g)) {
      if (read(text)?.kind === 'capture') found.add(text)
    }
  }
  return found
}

/** Parts as texts with gaps between them: one placeholder stands between each two texts. */
export function splitAtPlaceholders<P extends object>(
  parts: readonly (string | P)[],
): { texts: string[]; gaps: P[] } {
  const texts = ['']
  const gaps: P[] = []
  for (const part of parts) {
    if (typeof part === 'string') texts[texts.length - 1] += part
    else {
      gaps.push(part)
      texts.push('')
    }
  }
  return { texts, gaps }
}

/** Parts with their placeholders numbered; the same placeholder has the same number everywhere. */
export function numberPlaceholders<P extends { readonly text: string }>(
  parts: readonly (string | P)[],
): { items: (string | number)[]; slots: P[] } {
  const numbers = new Map<string, number>()
  const slots: P[] = []
  const items = parts.map((part) => {
    if (typeof part === 'string') return part
    const known = numbers.get(part.text)
    if (known !== undefined) return known
    numbers.set(part.text, slots.length)
    return slots.push(part) - 1
  })
  return { items, slots }
}

function placeholderAt(pattern: string, at: number): string | undefined {
  if (!pattern.startsWith('${', at)) return undefined
  const end = pattern.indexOf('}', at)
  return end < 0 ? undefined : pattern.slice(at, end + 1)
}

function read(text: string): Placeholder | undefined {
  const body = text.slice(2, -1)
  const variable = FIELDS.find((field) => field === body)
  if (variable) return { kind: 'variable', text, field: variable }
  if (body.startsWith('labels:')) return { kind: 'label', text, label: body.slice('labels:'.length) }
  const [, name, group] = /^([^:]+):(\d+)$/.exec(body) ?? []
  // docker_auth capitalises the name and looks for a field of that name, so `Account` is `account`.
  const field = FIELDS.find((known) => capitalised(known) === capitalised(name ?? ''))
  return field && { kind: 'capture', text, field, group: Number(group) }
}

function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}

function isLowerCase(placeholder: Placeholder): boolean {
  return placeholder.kind !== 'capture' || placeholder.text.startsWith(`\${${placeholder.field}:`)
}

/** Collects parts and joins neighbouring texts. */
class PartList {
  readonly all: Part[] = []

  text(text: string): void {
    const last = this.all.at(-1)
    if (typeof last === 'string') this.all[this.all.length - 1] = last + text
    else this.all.push(text)
  }

  placeholder(placeholder: Placeholder): void {
    this.all.push(placeholder)
  }
}
