// Search filters (RFC 4515) as options: checked at load, filled in per request so that a value stays a value.
import { Filter, FilterParser } from 'ldapts'
import { type Template, template, withPlaceholders, z } from '../../core/plugin.ts'
import { NOW_PLACEHOLDERS, readMoment } from './times.ts'

/** A filter with placeholders. */
export interface FilterTemplate {
  /** The placeholders' names, each once. */
  readonly variables: readonly string[]
  /** As it was written. */
  readonly source: string
  /** The filter with the values in it, escaped: `*` and parentheses in them mean themselves. */
  render(values: Readonly<Record<string, string>>): string
}

/**
 * An option that is a filter with `${name}` placeholders. Line breaks and blanks between its parts are fine.
 *
 * @example
 * const filter = filterTemplate(['account']).parse('(&(uid=${account})(objectClass=person))')
 * filter.render({ account: '*)(uid=*' }) // (&(uid=\2a\29\28uid=\2a)(objectClass=person))
 */
export function filterTemplate(variables: readonly string[]): z.ZodType<FilterTemplate, string> {
  return withPlaceholders(
    z
      .string({ error: 'must be text' })
      .transform(normalize)
      .pipe(template({ variables }))
      .transform((parsed, context): FilterTemplate => {
        const fault = faultOf(parsed)
        if (fault) context.addIssue({ code: 'custom', message: fault })
        return {
          variables: parsed.variables,
          source: parsed.source,
          render: (values) => parsed.render(values, (value) => Filter.escape(value)),
        }
      }),
  )
}

/** A filter that depends on the time at most. */
export interface FilterAt {
  /** @param now milliseconds since the epoch */
  (now: number): string
  /** As it was written. */
  readonly source: string
}

/**
 * An option that is a filter with placeholders of the time: `${now:filetime}`, `${now-30m:generalized}`.
 *
 * @example
 * filterAt().parse('(accountExpires<=${now:filetime})')(Date.now()) // (accountExpires<=134087904000000000)
 */
export function filterAt(): z.ZodType<FilterAt, string> {
  return withPlaceholders(
    z.string({ error: 'must be text' }).transform((source, context): FilterAt => {
      const moments = new Map<string, (now: number) => string>()
      for (const [, name] of source.matchAll(/\$\{([^{}]*)\}/g)) {
        const moment = readMoment(name!)
        if (moment) moments.set(name!, moment)
      }
      const { data, error } = filterTemplate([...moments.keys(), ...NOW_PLACEHOLDERS]).safeParse(source)
      for (const { message } of error?.issues ?? []) context.addIssue({ code: 'custom', message })
      const at = (now: number) =>
        data!.render(Object.fromEntries([...moments].map(([name, moment]) => [name, moment(now)])))
      return Object.assign(at, { source })
    }),
  )
}

/** What ldapts does not read: blanks between the parts, a filter without parentheses, the bytes of a letter escaped. */
function normalize(source: string): string {
  const trimmed = source
    .trim()
    .replace(/\)\s+(?=[()])/g, ')')
    .replace(/\(\s*([&|!])\s*\(/g, '($1(')
    .replace(/(?:\\[89a-f][0-9a-f])+/gi, (bytes) => Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString())
  return trimmed === '' || trimmed.startsWith('(') ? trimmed : `(${trimmed})`
}

function faultOf(parsed: Template): string | undefined {
  if (parsed.source.includes('�')) return 'escapes bytes that are no text, which is not supported'
  const probe = parsed.render(Object.fromEntries(parsed.variables.map((name) => [name, 'x'])))
  try {
    FilterParser.parseString(probe)
    // It does not miss parentheses at the end.
    if (probe.split('(').length === probe.split(')').length) return undefined
    throw new Error('Unbalanced parens')
  } catch (error) {
    const why = (error as Error).message.split(/[:.]/)[0]!
    return `is no LDAP filter (${why}); write such as (&(uid=\${account})(objectClass=person))`
  }
}

/** All of these filters at once. */
export function allOf(...filters: readonly string[]): string {
  return filters.length === 1 ? filters[0]! : `(&${filters.join('')})`
}

/** At least one of these filters. */
export function anyOf(...filters: readonly string[]): string {
  return filters.length === 1 ? filters[0]! : `(|${filters.join('')})`
}
