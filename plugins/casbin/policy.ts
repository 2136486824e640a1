// The lines of a policy file, read as casbin's Go library reads them. Its JavaScript sibling joins fields that hold
// parentheses, takes quotes away twice and drops what it does not know, which changes what such a file means.

import type { Steps } from '../../core/plugin.ts'

/** One line: `p, alice, repository, ...`. */
export interface PolicyLine {
  /** From 1. */
  readonly line: number
  /** The definition in the model that the line belongs to: p, g, p2, ... */
  readonly kind: string
  readonly fields: readonly string[]
}

/**
 * Reads a policy file: one CSV record a line, blanks before a field are dropped, `#` begins a comment line.
 *
 * @throws Error that names the line which can't be read
 * @see https://pkg.go.dev/encoding/csv
 * @example atOnce(parsePolicy('p, alice, "{""group"":[""dev""]}"')) // [{ line: 1, kind: 'p', fields: ['alice', '{"group":["dev"]}'] }]
 */
export function* parsePolicy(text: string): Steps<PolicyLine[]> {
  const lines: PolicyLine[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    yield 3
    const held = raw.trim()
    if (held === '' || held.startsWith('#')) continue
    const [kind = '', ...fields] = parseRecord(held, index + 1)
    lines.push({ line: index + 1, kind, fields })
  }
  return lines
}

const QUOTED = /"((?:[^"]|"")*)"/y
const BARE = /[^",]*/y
const BLANKS = /\s*/y

function parseRecord(text: string, line: number): string[] {
  const fields: string[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    at += found?.[0].length ?? 0
    return found
  }
  for (;;) {
    take(BLANKS)
    const quoted = take(QUOTED)
    fields.push(quoted ? quoted[1]!.replaceAll('""', '"') : take(BARE)![0])
    if (at === text.length) return fields
    if (text[at] !== ',') {
      throw new Error(
        `line ${line}: there is a quote or a text where a comma must stand; write a field with quotes or commas as "...", its quotes doubled`,
      )
    }
    at += 1
  }
}
