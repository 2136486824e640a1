// What to write instead of an expression that does not compile, where it shows what was meant.
import { suggest } from '../contract/suggest.ts'

/** What the compiler has against an expression. */
export interface CelFault {
  readonly code: string
  /** Its own words. */
  readonly summary: string
  readonly source: string
  /** The part of the source that it is about. */
  readonly range: { readonly start: number; readonly end: number } | undefined
}

/**
 * The remedy.
 *
 * @param known the variables
 * @returns undefined when nothing shows what was meant
 * @example
 * // of `labels.group == "admin"`
 * // 'write "admin" in labels.group'
 */
export function celHint(fault: CelFault, known: readonly string[]): string | undefined {
  const { code, summary, source, range } = fault
  if (code === 'unknown_variable') return variableHint(wordAt(source, range?.start), known)
  const at = range ? source.slice(range.start, range.end) : ''
  const written = rewritten(summary, at) ?? textPattern(summary, fault)
  if (written !== undefined) return `write ${written}`
  return methodHint(summary) ?? signHint(at, range ? source.slice(range.start) : '')
}

function wordAt(source: string, start = 0): string {
  return /^\w*/.exec(source.slice(start))![0]
}

/** What is called otherwise here. */
const VARIABLES: ReadonlyMap<string, string> = new Map([
  ...['user', 'username', 'login', 'sub'].map((word) => [word, 'account'] as const),
  ...['repository', 'repo', 'image'].map((word) => [word, 'name'] as const),
  ...['group', 'groups', 'team', 'role', 'roles'].map((word) => [word, `labels.${word}`] as const),
  ['ip', 'client.ip'],
  ['now', 'time.now'],
  ['status', 'response.status'],
  ['headers', 'response.headers'],
])

function variableHint(word: string, known: readonly string[]): string {
  const hint = suggest(word, known)
  if (hint.startsWith('did you mean')) return hint
  const meant = VARIABLES.get(word)
  if (meant !== undefined && known.includes(meant.split('.')[0]!)) return `did you mean ${meant}?`
  return `${hint}; a text needs quotes: ${JSON.stringify(word)}`
}

/** Comparisons of lists with what is in them. */
function rewritten(summary: string, at: string): string | undefined {
  const [, left = '', operator, right = ''] = /^no such overload: (\S+) (==|!=|in) (\S+)$/.exec(summary) ?? []
  const [, a = '', , b = ''] = /^(.+?)\s*(==|!=|\bin\b)\s*(.+)$/s.exec(at) ?? []
  const isList = (type: string) => type.startsWith('list')
  if (a !== '' && operator === 'in') {
    if (isList(left) && isList(right)) return `${a}.exists(value, value in ${b})`
    if (left === 'string' && right === 'string') return `${b}.contains(${a})`
  } else if (a !== '' && isList(left) !== isList(right)) {
    const contained = isList(left) ? `${b} in ${a}` : `${a} in ${b}`
    return operator === '!=' ? `!(${contained})` : contained
  }
  const [, method] = /^found no matching overload for 'list\.(\w+)\(string\)'/.exec(summary) ?? []
  const [, list, called, given] = /^(.+)\.(\w+)\((.+)\)$/s.exec(at) ?? []
  if (method === undefined || called !== method) return undefined
  if (method === 'contains') return `${given} in ${list}`
  return ['startsWith', 'endsWith'].includes(method)
    ? `${list}.exists(value, value.${method}(${given}))`
    : undefined
}

/** `labels.group.matches("x")`: the range is that of the list. */
function textPattern(summary: string, { source, range }: CelFault): string | undefined {
  if (!range || !summary.startsWith('matches()')) return undefined
  const [, list] = /([\w.]+(?:\["[^"]*"\])*)$/.exec(source.slice(0, range.end)) ?? []
  const [, pattern] = /^\.matches\(("[^"]*"|'[^']*')\)/.exec(source.slice(range.end)) ?? []
  return list && pattern ? `${list}.exists(value, value.matches(${pattern}))` : undefined
}

/** Functions of other languages. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ...['lower', 'toLower', 'toLowerCase', 'lowercase', 'lcase'].map((name) => [name, 'lowerAscii()'] as const),
  ...['upper', 'toUpper', 'toUpperCase', 'uppercase', 'ucase'].map((name) => [name, 'upperAscii()'] as const),
  ...['includes', 'has', 'contain'].map((name) => [name, 'contains()'] as const),
  ...['startswith', 'starts_with', 'hasPrefix'].map((name) => [name, 'startsWith()'] as const),
  ...['endswith', 'ends_with', 'hasSuffix'].map((name) => [name, 'endsWith()'] as const),
  ...['match', 'test', 'regex'].map((name) => [name, 'matches()'] as const),
  ...['len', 'length', 'count'].map((name) => [name, 'size()'] as const),
  ...['any', 'some'].map((name) => [name, 'exists()'] as const),
])

function methodHint(summary: string): string | undefined {
  const [, name = ''] = /^found no matching overload for '(?:[^'(]*\.)?(\w+)\(/.exec(summary) ?? []
  const meant = METHODS.get(name)
  return meant === undefined ? undefined : `did you mean ${meant}?`
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
])

function signHint(at: string, rest: string): string | undefined {
  const word = WORDS.get(at.toLowerCase())
  if (word !== undefined) return `write ${word} for ${at}`
  if (/^=(?!=)/.test(rest)) return 'write == to compare'
  if (/^&(?!&)/.test(rest)) return 'write && for and'
  if (/^\|(?!\|)/.test(rest)) return 'write || for or'
  return /^[“”„‘’]/.test(rest) ? 'write straight quotes: "..."' : undefined
}
