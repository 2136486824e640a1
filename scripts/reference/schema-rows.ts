// A JSON Schema as rows of a table: a key, what it may be, its default, what it means.

/** What the project's own schemas are made of. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly writeOnly?: boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly allOf?: readonly Case[]
}

/** What counts when a plugin is named. */
interface Case {
  readonly if: { readonly properties: { readonly plugin: { readonly enum: readonly string[] } } }
  readonly then: { readonly properties: { readonly options: Schema } }
}

export interface Row {
  /** @example 'server.listen[].tls.certificate' */
  readonly key: string
  readonly type: string
  readonly fallback: string
  readonly meaning: string
}

/** The keys of a map, and all that is below them. @param prefix stands before each key, with its dot */
export function rowsOf(schema: Schema, prefix = ''): Row[] {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const key = `${prefix}${name}`
    const needed = schema.required?.includes(name) === true && value.default === undefined
    return [rowOf(key, value, needed), ...below(value, key)]
  })
  // Alternatives may have keys in common.
  return rows.filter(({ key }, index) => rows.findIndex((row) => row.key === key) === index)
}

/** A table of Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ key, type, fallback, meaning }) => `| \`${key}\` | ${type} | ${fallback} | ${meaning} |`,
  )
  return ['| key | what it may be | default | meaning |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/** Text as a cell of a table. */
export function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s*\n\s*/g, ' ')
}

function below(schema: Schema, key: string): Row[] {
  const more = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
  return [
    ...rowsOf({ ...schema, allOf: [] }, `${key}.`),
    ...(schema.items ? below(schema.items, `${key}[]`) : []),
    ...(more ? below(more, `${key}.NAME`) : []),
    ...alternatives(schema).flatMap((alternative) => below(alternative, key)),
  ]
}

function rowOf(key: string, schema: Schema, needed: boolean): Row {
  const fallback = schema.default
  const empty = typeof fallback === 'object' && fallback !== null && Object.keys(fallback).length === 0
  const said =
    fallback === undefined || fallback === '' || empty ? '' : `\`${cell(JSON.stringify(fallback))}\``
  return {
    key,
    type: typeOf(schema),
    fallback: needed ? 'required' : said,
    meaning: cell(schema.description ?? ''),
  }
}

function typeOf(schema: Schema): string {
  if (schema.writeOnly) return 'secret: `!env NAME` or `!file PATH`'
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  const types = [...new Set(alternatives(schema).map(typeOf))]
  if (types.length > 0) return types.join(' or ')
  if (schema.type === 'array') return schema.items ? `list of: ${typeOf(schema.items)}` : 'list'
  if (schema.type === 'object') {
    const more = schema.additionalProperties
    return typeof more === 'object' && Object.keys(more).length > 0
      ? `map of names to: ${typeOf(more)}`
      : 'map'
  }
  if (schema.type === 'integer' || schema.type === 'number') return `${schema.type}${boundsOf(schema)}`
  return { string: 'text', boolean: '`true`, `false`' }[schema.type ?? ''] ?? 'anything'
}

function boundsOf({
  minimum = Number.NEGATIVE_INFINITY,
  maximum = Number.POSITIVE_INFINITY,
}: Schema): string {
  const [least, most] = [minimum > Number.MIN_SAFE_INTEGER, maximum < Number.MAX_SAFE_INTEGER]
  if (least && most) return `, ${minimum} to ${maximum}`
  if (least) return `, at least ${minimum}`
  return most ? `, at most ${maximum}` : ''
}

/** What is required in each way to write a map is required; in one of several, it is not. */
function alternatives({ anyOf = [], oneOf = [] }: Schema): readonly Schema[] {
  const all = [...anyOf, ...oneOf]
  const maps = all.filter(({ properties }) => properties !== undefined)
  return all.map((one) => ({
    ...one,
    required: (one.required ?? []).filter((name) => maps.every(({ required }) => required?.includes(name))),
  }))
}
