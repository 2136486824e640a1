// Texts that everything holds which a pattern matches: `*/app` ends with one, `^us?er7x*$` has one within. The index finds rules by them.
import { branchesOf, isGroup, isRepetition, textOf } from './anchored.ts'
import type { GlobAtom } from './glob.ts'
import type { Matcher } from './matcher.ts'
import { itemsOf } from './regex-context.ts'

/** What is known of all that a pattern matches, besides its beginning. */
export interface Held {
  /** What it ends with. */
  readonly end?: string | undefined
  /** What stands somewhere in it. */
  readonly within: readonly string[]
}

const NOTHING: Held = { end: undefined, within: [] }

/**
 * @param plain of plain requests only
 * @example heldBy(matcherOf('*-x/app')) // { end: '-x/app', within: ['-x/app'] }
 */
export function heldBy(
  { exact, glob, template, plainTemplate, regex, gapped }: Partial<Matcher> = {},
  plain = false,
): Held {
  if (exact !== undefined) return NOTHING
  const atoms = glob ?? template ?? (plain ? plainTemplate : undefined)
  if (atoms) return heldByGlob(atoms)
  const expression = regex ?? gapped
  return expression === undefined ? NOTHING : heldByRegex(expression)
}

function heldByGlob(atoms: readonly GlobAtom[]): Held {
  const last = atoms.at(-1)
  const within = atoms.flatMap((atom) => (atom.kind === 'text' ? [atom.text] : []))
  return { end: last?.kind === 'text' ? last.text : undefined, within }
}

/**
 * What an expression asks for wherever it matches: only what no group and no choice encloses is looked at.
 *
 * @param expression one that RE2 accepts, without the slashes
 */
export function heldByRegex(expression: string): Held {
  const items = itemsOf(expression)
  // Flags change what letters and anchors mean.
  if (items.some((item) => item.startsWith('(?') && !isGroup(item)) || branchesOf(items).length > 1)
    return NOTHING
  const within: string[] = []
  let run: string[] = []
  let depth = 0
  let end: string | undefined
  const endRun = () => {
    if (run.length > 0) within.push(run.join(''))
    run = []
  }
  for (const [place, item] of items.entries()) {
    if (isGroup(item)) depth += 1
    const text = depth === 0 && !isRepetition(items[place + 1]) ? textOf(item) : undefined
    if (item === ')') depth -= 1
    if (text !== undefined) run.push(text)
    else {
      if (place === items.length - 1 && END.has(item) && run.length > 0) end = run.join('')
      endRun()
    }
  }
  endRun()
  return { end, within }
}

const END: ReadonlySet<string> = new Set(['$', '\\z'])
