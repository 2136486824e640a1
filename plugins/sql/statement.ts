// A query with ${account} and other placeholders in it. Each becomes a parameter that the database binds: no value ever
// becomes a candidate of the SQL text.
import { suggest, withPlaceholders, z } from '../../core/plugin.ts'

const VARIABLES = ['account', 'service'] as const

/** What a query's placeholders stand for. */
export type Values = Readonly<Record<(typeof VARIABLES)[number], string>>

/** A query, parsed. */
export interface Statement {
  /** The SQL text with parameters as the database wants them. */
  text(parameter: (position: number) => string): string
  /** The parameters' values in the order of their positions. */
  values(values: Values): string[]
  /** Whether the query has this placeholder. */
  reads(name: keyof Values): boolean
}

// What may hold a ${...} that is no placeholder, and placeholders themselves: strings, quoted names, comments.
const CANDIDATES =
  /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$\{([^{}]*)\}/g

/**
 * An option that is a SQL query. The output is a Statement.
 *
 * @example query().parse('SELECT password_hash FROM users WHERE name = ${account}')
 */
export function query() {
  return withPlaceholders(
    z.string().transform((source, context) => {
      for (const [candidate, name] of source.matchAll(CANDIDATES)) {
        const message = name === undefined ? quoted(candidate) : unknown(name)
        if (message) context.addIssue({ code: 'custom', message })
      }
      return parseStatement(source)
    }),
  )
}

function quoted(candidate: string): string | undefined {
  if (!candidate.includes('${') || candidate.startsWith('--') || candidate.startsWith('/*')) return undefined
  return 'has a placeholder inside quotes, where it would be text; write ${account} without quotes around it'
}

function unknown(name: string): string | undefined {
  if ((VARIABLES as readonly string[]).includes(name)) return undefined
  return `there is no placeholder \${${name}}; ${suggest(name, VARIABLES)}`
}

/** A query whose placeholders are known to be right. */
export function parseStatement(source: string): Statement {
  const parts: string[] = []
  const names: string[] = []
  let end = 0
  for (const match of source.matchAll(CANDIDATES)) {
    if (match[1] === undefined) continue
    parts.push(source.slice(end, match.index))
    names.push(match[1])
    end = match.index + match[0].length
  }
  const rest = source.slice(end)
  return {
    text: (parameter) => parts.map((candidate, index) => candidate + parameter(index + 1)).join('') + rest,
    values: (values) => names.map((name) => values[name as keyof Values]),
    reads: (name) => names.includes(name),
  }
}
