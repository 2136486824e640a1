// Captures: `${account:1}` is the first group of the rule's own account expression, and likewise for type, name, service.
import { type Facts, FIELDS, type Field } from './facts.ts'
import { dockerAuthCaptures, type Part, type Placeholder, parseLiteral } from './placeholder.ts'
import { compileRegex, inner, isRegex, quote, type RegexStore } from './regex.ts'

export type Substitution = 'literal' | 'pattern'
export type Capture = Placeholder & { kind: 'capture' }
export type Patterns = Readonly<Partial<Record<Field, string>>>

/** What the captures of one rule stand for. */
export interface Captures {
  /** Why a capture can never stand for anything, with the remedy; undefined when it can. */
  fault(capture: Capture): string | undefined
  /** The captured text; undefined when there is none in this request. */
  get(capture: Capture, facts: Facts): string | undefined
}

/**
 * @param patterns the rule's patterns as written
 * @param store for expressions that hold variables
 */
export function createCaptures(patterns: Patterns, substitution: Substitution, store: RegexStore): Captures {
  return substitution === 'literal' ? new LiteralCaptures(patterns, store) : new DockerAuthCaptures(patterns)
}

/** Of a rule without any placeholder. */
export const NO_CAPTURES: Captures = { fault: () => undefined, get: () => undefined }

type Variable = Placeholder & { kind: 'variable' }

/** The group must exist, and must have taken part in the match; variables in the expression are text. */
class LiteralCaptures implements Captures {
  readonly #patterns: Patterns
  readonly #store: RegexStore
  /** The expressions that hold nothing but text and variables. */
  readonly #sources = new Map<Field, readonly (string | Variable)[]>()

  constructor(patterns: Patterns, store: RegexStore) {
    this.#patterns = patterns
    this.#store = store
    for (const field of FIELDS) {
      const pattern = patterns[field]
      if (pattern === undefined || !isRegex(pattern)) continue
      const { parts } = parseLiteral(inner(pattern))
      if (parts.every(isTextOrVariable)) this.#sources.set(field, parts)
    }
  }

  fault(capture: Capture): string | undefined {
    const noRegex = faultOfSource(capture, this.#patterns)
    if (noRegex) return noRegex
    const source = this.#sources.get(capture.field)
    if (source)
      return faultOfGroup(
        capture,
        fill(source, () => 'x'),
      )
    return `${capture.text} captures from a pattern that itself holds captures or labels; only variables can stand there`
  }

  get(capture: Capture, facts: Facts): string | undefined {
    const source = this.#sources.get(capture.field)
    const compiled = source && this.#store.need(fill(source, (field) => facts[field]))
    return compiled?.exec(facts[capture.field])?.[capture.group]
  }
}

function isTextOrVariable(part: Part): part is string | Variable {
  return typeof part === 'string' || part.kind === 'variable'
}

function fill(source: readonly (string | Variable)[], value: (field: Field) => string): string {
  return source.map((part) => (typeof part === 'string' ? part : `(?:${quote(value(part.field))})`)).join('')
}

/** As docker_auth finds them: only those that its own search sees, in the pattern as written, a silent group is empty. */
class DockerAuthCaptures implements Captures {
  readonly #patterns: Patterns
  readonly #seen: ReadonlySet<string>
  readonly #compiled: ReadonlyMap<Field, ReturnType<typeof compileRegex>>

  constructor(patterns: Patterns) {
    this.#patterns = patterns
    this.#seen = dockerAuthCaptures(FIELDS.flatMap((field) => patterns[field] ?? []))
    this.#compiled = new Map(
      this.#seen.size === 0
        ? []
        : FIELDS.flatMap((field) => {
            const pattern = patterns[field]
            return pattern && enclosed(pattern) ? [[field, compileRegex(inner(pattern))] as const] : []
          }),
    )
  }

  fault(capture: Capture): string | undefined {
    const noRegex = faultOfSource(capture, this.#patterns)
    if (noRegex) return noRegex
    if (!this.#seen.has(capture.text)) {
      return `${capture.text} is never replaced, because docker_auth's search for captures does not see it behind another placeholder`
    }
    return faultOfGroup(capture, inner(this.#patterns[capture.field]!))
  }

  get(capture: Capture, facts: Facts): string | undefined {
    const compiled = this.#seen.has(capture.text) ? this.#compiled.get(capture.field) : undefined
    if (compiled === undefined || typeof compiled === 'string' || capture.group < 1) return undefined
    const groups = compiled.exec(facts[capture.field])
    return groups && capture.group < groups.length ? (groups[capture.group] ?? '') : undefined
  }
}

/** docker_auth captures from `//` too, though it is no expression elsewhere. */
function enclosed(pattern: string): boolean {
  return pattern.length >= 2 && pattern.startsWith('/') && pattern.endsWith('/')
}

function faultOfSource(capture: Capture, patterns: Patterns): string | undefined {
  const source = patterns[capture.field]
  if (source !== undefined && isRegex(source)) return undefined
  return `${capture.text} captures from ${capture.field}, which is no regular expression here; write ${capture.field}: "/^(...)$/"`
}

function faultOfGroup(capture: Capture, expression: string): string | undefined {
  const compiled = compileRegex(expression)
  // What is wrong with the expression itself is reported where it stands.
  if (typeof compiled === 'string') return undefined
  const groups = compiled.groupCount()
  if (capture.group >= 1 && capture.group <= groups) return undefined
  const known = groups === 0 ? 'it has no groups' : `its groups are 1 to ${groups}`
  return `${capture.text} captures a group that the pattern of ${capture.field} does not have; ${known}`
}
