// Texts with placeholders, such as https://box.example.com/users/${account}: checked at load, filled per request.
import { z } from 'zod'
import { Secret } from '../contract/secret.ts'
import { suggest } from '../contract/suggest.ts'
import { withPlaceholders } from './placeholders.ts'
import { isSecretName, reportPlainSecret, textOrSecret, variableIn } from './plain-secrets.ts'

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
  return withPlaceholders(
    z
      .string({ error: 'must be text' })
      .transform((source, context): Template => readTemplate(source, { variables, secret: false }, context)),
  )
}

/** The same for a text that is secret where it has no placeholders: it is `!env NAME` or `!file PATH` then. */
export function secretTemplate({
  variables,
}: {
  readonly variables: readonly string[]
}): z.ZodType<Template, string | Secret> {
  return withPlaceholders(
    textOrSecret.transform((given, context) => readTemplate(given, { variables, secret: true }, context)),
  )
}

/**
 * An option that is a map of names to texts with `${name}` placeholders. What is called like a secret, such as `Authorization` or
 * `api_key`, is `!env NAME` or `!file PATH` when it has none.
 */
export function templates({
  variables,
}: {
  readonly variables: readonly string[]
}): z.ZodType<Record<string, Template>, Record<string, string | Secret>> {
  return withPlaceholders(
    z
      .record(z.string(), textOrSecret)
      .transform((given, context) =>
        Object.fromEntries(
          Object.entries(given).map(([name, text]) => [
            name,
            readTemplate(text, { variables, secret: isSecretName(name) }, context, [name]),
          ]),
        ),
      ),
  )
}

/** @param path where it stands below the schema's own value */
export function readTemplate(
  given: string | Secret,
  { variables, secret }: { readonly variables: readonly string[]; readonly secret: boolean },
  context: z.RefinementCtx,
  path: readonly (string | number)[] = [],
): Template {
  const source = given instanceof Secret ? given.reveal() : given
  for (const name of unknownPlaceholders(source, variables)) {
    const message =
      given instanceof Secret
        ? `it has a placeholder that is none; known are ${variables.join(', ')}`
        : unknownPlaceholder(name, source, variables)
    context.addIssue({ code: 'custom', path: [...path], message })
  }
  const read = parseTemplate(source)
  if (secret && read.variables.length === 0 && source !== '' && typeof given === 'string')
    reportPlainSecret(source, context, path)
  return read
}

const PLACEHOLDER = /\$\{([^{}]*)\}/g

/** Placeholders in the text whose names are not among the known ones. */
export function unknownPlaceholders(source: string, known: readonly string[]): string[] {
  return [...new Set(Array.from(source.matchAll(PLACEHOLDER), (match) => match[1]!))].filter(
    (name) => !known.includes(name),
  )
}

/** What is said of a placeholder that is none; alone, and in capitals, it is meant as a variable of the environment. */
export function unknownPlaceholder(name: string, source: string, known: readonly string[]): string {
  const variable = variableIn(source)
  const remedy = variable === undefined ? suggest(name, known) : `write !env ${variable}`
  return `there is no placeholder \${${name}}; ${remedy}`
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
