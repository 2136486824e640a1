// Texts with placeholders, such as https://box.example.com/users/${account}: checked at load, filled per request.
import { z } from 'zod'
import { suggest } from './suggest.ts'

/** A text with placeholders, parsed. */
export interface Template {
  /** The text as written. */
  readonly source: string
  /** The placeholders' names, each once. */
  readonly variables: readonly string[]
  /**
   * Fills in the placeholders, in one pass: a value that itself looks like a placeholder stays as it is.
   *
   * @param values a text for every variable that the template was declared with
   * @param encode applied to each value, not to the text around it
   */
  render(values: Readonly<Record<string, string>>, encode?: (value: string) => string): string
}

/**
 * An option that is a text with `${name}` placeholders. The output is a parsed Template.
 *
 * @param options.variables the names that may stand in a placeholder; another one is an error at load
 * @example
 * const url = template({ variables: ['account'] }).parse('https://box.example.com/users/${account}')
 * url.render({ account: 'a/b' }, encodeURIComponent) // https://box.example.com/users/a%2Fb
 */
export function template({
  variables,
}: {
  readonly variables: readonly string[]
}): z.ZodType<Template, string> {
  return z.string({ error: 'must be text' }).transform((source, context): Template => {
    for (const name of unknownPlaceholders(source, variables)) {
      context.addIssue({
        code: 'custom',
        message: `there is no placeholder \${${name}}; ${suggest(name, variables)}`,
      })
    }
    return parseTemplate(source)
  })
}

const PLACEHOLDER = /\$\{([^{}]*)\}/g

/** Placeholders in the text whose names are not among the known ones. */
export function unknownPlaceholders(source: string, known: readonly string[]): string[] {
  return [...new Set(Array.from(source.matchAll(PLACEHOLDER), (match) => match[1]!))].filter(
    (name) => !known.includes(name),
  )
}

/** A text as a Template, whatever its placeholders are named. */
export function parseTemplate(source: string): Template {
  // split() with a group: texts at even places, names at odd ones.
  const parts = source.split(PLACEHOLDER)
  return {
    source,
    variables: [...new Set(parts.filter((_, index) => index % 2 === 1))],
    render: (values, encode = (value) => value) =>
      parts.map((part, index) => (index % 2 === 0 ? part : encode(values[part] ?? ''))).join(''),
  }
}
