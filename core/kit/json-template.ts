// JSON bodies with placeholders: { username: "${account}", actions: "${actions}" }.
import { z } from 'zod'
import type { JsonValue } from '../contract/json.ts'
import { Secret } from '../contract/secret.ts'
import { withPlaceholders } from './placeholders.ts'
import { isSecretName, reportPlainSecret } from './plain-secrets.ts'
import { parseTemplate, unknownPlaceholder, unknownPlaceholders } from './template.ts'

/** A JSON tree whose texts may hold placeholders, parsed. */
export interface JsonTemplate {
  /** The placeholders' names, each once. */
  readonly variables: ReadonlySet<string>
  /**
   * The tree with its placeholders filled in. A text that is one placeholder and nothing else becomes the value itself
   * (a list, an object, ...); in a longer text only texts can stand.
   *
   * @param values a value for every variable that the template was declared with
   */
  render(values: Readonly<Record<string, JsonValue>>): JsonValue
}

/**
 * An option that is any JSON tree with `${name}` placeholders in its texts (not in its field names).
 *
 * @param options.variables names of texts: they may stand anywhere in a text
 * @param options.values names of lists or objects: such a placeholder must be the whole text
 * @example
 * const json = jsonTemplate({ variables: ['account'], values: ['actions'] })
 * json.parse({ user: '${account}', ask: '${actions}' }).render({ account: 'ann', actions: ['pull'] })
 * // { user: 'ann', ask: ['pull'] }
 */
export function jsonTemplate(options: {
  readonly variables: readonly string[]
  readonly values?: readonly string[]
}): z.ZodType<JsonTemplate, JsonTree> {
  const { variables: known, values = [] } = options
  return withPlaceholders(
    tree.transform((source, context): JsonTemplate => {
      const variables = new Set<string>()
      const check = (text: string, path: readonly PropertyKey[]) => {
        for (const name of parseTemplate(text).variables) variables.add(name)
        const whole = WHOLE.exec(text)?.[1]
        if (whole !== undefined && values.includes(whole)) return
        for (const name of unknownPlaceholders(text, known)) {
          const message = values.includes(name)
            ? `\${${name}} is a list or object: it must be the whole text`
            : unknownPlaceholder(name, text, [...known, ...values])
          context.addIssue({ code: 'custom', path: [...path], message })
        }
      }
      const unhidden = (text: string, path: readonly PropertyKey[]) => {
        const named = path.findLast((key) => typeof key === 'string')
        if (text === '' || named === undefined || !isSecretName(named as string)) return
        if (parseTemplate(text).variables.length === 0) reportPlainSecret(text, context, path as string[])
      }
      const fill = compile(source, [], { check, unhidden })
      return { variables, render: fill }
    }),
  )
}

const WHOLE = /^\$\{([^{}]*)\}$/

/** What stands in the file: JSON, in which a text may be hidden. */
type JsonTree = JsonValue | Secret | readonly JsonTree[] | { readonly [name: string]: JsonTree }

const tree: z.ZodType<JsonTree, JsonTree> = z.lazy(() =>
  z.union(
    [
      z.string(),
      z.instanceof(Secret),
      z.number(),
      z.boolean(),
      z.null(),
      z.array(tree),
      z.record(z.string(), tree),
    ],
    { error: 'must be JSON: text, a number, true, false, null, a list or a map' },
  ),
)

type Fill = (values: Readonly<Record<string, JsonValue>>) => JsonValue
type Check = (text: string, path: readonly PropertyKey[]) => void

interface Checks {
  /** Looks at each text. */
  readonly check: Check
  /** Looks at each text that is written out. */
  readonly unhidden: Check
}

function compile(source: JsonTree, path: readonly PropertyKey[], checks: Checks): Fill {
  if (typeof source === 'string' || source instanceof Secret) {
    const text = typeof source === 'string' ? source : source.reveal()
    checks.check(text, path)
    if (text === source) checks.unhidden(text, path)
    return compileText(text)
  }
  if (typeof source !== 'object' || source === null) return () => source
  if (Array.isArray(source)) {
    const items = source.map((item: JsonTree, index) => compile(item, [...path, index], checks))
    return (values) => items.map((fill) => fill(values))
  }
  const fields = Object.entries(source).map(
    ([name, held]) => [name, compile(held as JsonTree, [...path, name], checks)] as const,
  )
  return (values) => {
    const filled: Record<string, JsonValue> = Object.create(null)
    for (const [name, fill] of fields) filled[name] = fill(values)
    return filled
  }
}

function compileText(source: string): Fill {
  const whole = WHOLE.exec(source)?.[1]
  if (whole !== undefined) return (values) => values[whole] ?? null
  const text = parseTemplate(source)
  if (text.variables.length === 0) return () => source
  return (values) => text.render(values as Readonly<Record<string, string>>)
}
