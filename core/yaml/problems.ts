// What is wrong with a configuration, in one form: `file:line:column: path: what is wrong; what to write instead`.

/** A place in a file. Lines and columns start at 1; `path` is the key's path, such as `token.keys[0].key`. */
export interface Spot {
  readonly line: number
  readonly column: number
  readonly path: string
}

/** One fault or warning of a configuration. */
export interface Problem extends Spot {
  readonly file: string
  readonly message: string
}

/** `file:line:column: path: message` */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${withRules(path)}: `}${message}`
}

/** Rules by the numbers that the audit log and all messages give them: from 1. @example withRules('acl[0].match') // 'rule 1.match' */
function withRules(path: string): string {
  return path.replace(
    /(^|\.)(?:rules|acl)\[(\d+)\]/g,
    (_, dot: string, index: string) => `${dot}rule ${Number(index) + 1}`,
  )
}

/** Problems in the order of the file, each once: two sections may name the same missing file. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const each = new Map(problems.map((problem) => [formatProblem(problem), problem]))
  return [...each.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}

/** More would be no help: one mistake of many values is made once and found for each of them. */
const MOST = 100

/** The first problems in the order of the file, and how many there are behind them. */
export function foremost(problems: readonly Problem[]): Problem[] {
  const ordered = inOrder(problems)
  const next = ordered[MOST]
  if (!next) return ordered
  const message = `${ordered.length - MOST} more problems from here on; mend those above first`
  return [...ordered.slice(0, MOST), { ...next, path: '', message }]
}

/** Problems but those at a place, or about a key, of which something else has been said. */
export function besides<P extends Problem>(problems: readonly P[], said: readonly Problem[]): P[] {
  const placeOf = ({ line, column }: Problem) => `${line}:${column}`
  const places = new Set(said.map(placeOf))
  const paths = new Set(said.map(({ path }) => path).filter((path) => path !== ''))
  return problems.filter((problem) => !places.has(placeOf(problem)) && !paths.has(problem.path))
}

/** Thrown when a configuration can't be used; carries everything that was found, in the order of the file. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]

  constructor(problems: readonly Problem[], warnings: readonly Problem[] = []) {
    const ordered = foremost(problems)
    super(ordered.map(formatProblem).join('\n'))
    this.name = 'ConfigError'
    this.problems = ordered
    this.warnings = inOrder(warnings)
  }
}

/** Appends a key to a path. @example joinPath('token.keys', 0) // 'token.keys[0]' */
export function joinPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
  return path === '' ? name : `${path}.${name}`
}
