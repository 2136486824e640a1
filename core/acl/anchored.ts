// What an anchored regular expression says plainly: `^user7$` is one text, `^team7\/.*` begins with one, `^(a|b)$` is one of two.
// Such expressions are found like texts, and most of them need no engine.
import { itemsOf, NAMED_GROUP } from './regex-context.ts'

/** Something that a match can begin with, and what may follow it. */
export interface Start {
  readonly text: string
  /** `end`: nothing; `any`: any text; `line`: any text without a line break; `more`: what only the expression knows. */
  readonly rest: 'end' | 'any' | 'line' | 'more'
}

/** More alternatives than these are left to the expression. */
const MOST_STARTS = 32

/**
 * What every text that an expression matches begins with.
 *
 * @param expression one that RE2 accepts, without the slashes
 * @returns each match begins with one of these, and goes on as it says; undefined = nothing is known
 * @example startsOf('^(a|b)/.*') // [{ text: 'a/', rest: 'any' }, { text: 'b/', rest: 'any' }]
 */
export function startsOf(expression: string): readonly Start[] | undefined {
  const items = itemsOf(expression)
  // Flags change what letters and anchors mean, also behind a `|`.
  if (items.some((item) => item.startsWith('(?') && !isGroup(item))) return undefined
  const found = new Map<string, Start>()
  for (const branch of branchesOf(items)) {
    if (!BEGIN.has(branch[0]!) || isRepetition(branch[1])) return undefined
    for (const start of startsOfBranch(branch)) {
      // One that may begin anyhow tells nothing.
      if (start.text === '' && start.rest !== 'end') return undefined
      found.set(`${start.rest} ${start.text}`, start)
    }
  }
  return found.size > MOST_STARTS ? undefined : [...found.values()]
}

/** Whether a text is what the starts say, where none of them goes on with `more`. */
export function fitsStart(starts: readonly Start[], subject: string): boolean {
  return starts.some(({ text, rest }) => {
    if (rest === 'end') return subject === text
    return subject.startsWith(text) && (rest === 'any' || !subject.includes('\n', text.length))
  })
}

/** The same as a matcher says it. */
export function beginningOf(starts: readonly Start[] = []): {
  exact?: string
  prefix?: string
  starts?: readonly Start[]
} {
  const [only, ...others] = starts
  if (only === undefined) return {}
  if (others.length > 0) return { starts }
  return only.rest === 'end' ? { exact: only.text } : { prefix: only.text }
}

const BEGIN: ReadonlySet<string> = new Set(['^', '\\A'])

/** What stands behind the texts of a branch, to its end. */
const TAILS: ReadonlyMap<string, Start['rest']> = new Map([
  ['', 'any'],
  ['.*', 'any'],
  ['$', 'end'],
  ['\\z', 'end'],
  ['.*$', 'line'],
  ['.*\\z', 'line'],
])

/** Whether an item opens a group that changes nothing else. */
export function isGroup(item: string): boolean {
  return item === '(' || item === '(?:' || NAMED_GROUP.test(item)
}

/** Whether an item says how often the one before it comes. */
export function isRepetition(item: string | undefined): boolean {
  return item !== undefined && /^[*+?{]/.test(item)
}

/** The alternatives that no group encloses. */
export function branchesOf(items: readonly string[]): string[][] {
  const branches: string[][] = [[]]
  let depth = 0
  for (const item of items) {
    if (isGroup(item)) depth += 1
    else if (item === ')') depth -= 1
    if (item === '|' && depth === 0) branches.push([])
    else branches.at(-1)!.push(item)
  }
  return branches
}

function startsOfBranch(branch: readonly string[]): Start[] {
  const { texts, end } = textsFrom(branch, 1)
  const rest = TAILS.get(branch.slice(end).join('')) ?? 'more'
  // Joined at once: a text that grew by single characters is kept as a chain of them.
  return texts.map((text) => ({ text: [...text].join(''), rest }))
}

/** The texts that the items from one on stand for, as far as they are texts. */
function textsFrom(items: readonly string[], from: number): { texts: readonly string[]; end: number } {
  let texts: readonly string[] = ['']
  let at = from
  for (;;) {
    const item = textsOfItem(items, at)
    if (!item || isRepetition(items[item.end]) || texts.length * item.texts.length > MOST_STARTS)
      return { texts, end: at }
    texts = texts.flatMap((text) => item.texts.map((next) => text + next))
    at = item.end
  }
}

/** The texts that one item, or one group, stands for; undefined when it is more than texts. */
function textsOfItem(
  items: readonly string[],
  at: number,
): { texts: readonly string[]; end: number } | undefined {
  const item = items[at]
  if (item === undefined) return undefined
  if (isGroup(item)) return textsOfGroup(items, at + 1)
  const text = textOf(item)
  return text === undefined ? undefined : { texts: [text], end: at + 1 }
}

/** The character that an item stands for; undefined when it is more than one character. */
export function textOf(item: string): string | undefined {
  if (/^\\[!-/:-@[-`{-~]$/.test(item)) return item.slice(1)
  return /^[\\.+*?()|[\]{}^$]/.test(item) ? undefined : item
}

/** @param from behind its head */
function textsOfGroup(
  items: readonly string[],
  from: number,
): { texts: readonly string[]; end: number } | undefined {
  const all: string[] = []
  let at = from
  do {
    const { texts, end } = textsFrom(items, at)
    all.push(...texts)
    at = end + 1
  } while (items[at - 1] === '|')
  return items[at - 1] === ')' && all.length <= MOST_STARTS ? { texts: all, end: at } : undefined
}
