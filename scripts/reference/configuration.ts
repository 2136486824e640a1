// docs/reference/configuration.md: each key of the native form, of the plugins too, from the JSON Schema that editors use.
import { rowsOf, type Schema, tableOf } from './schema-rows.ts'

const HEAD = `# Configuration: each key

Made by \`npm run schema\` from the schema that also checks a file: do not edit it here. [docs/configuration.md](../configuration.md) says how the
keys work together. \`[]\` is an entry of a list, \`NAME\` a name that you choose. Times are seconds or \`15m\`, sizes bytes or \`64KiB\`; a secret is never written out.`

/** @param schema of the whole native form */
export function configurationPage(schema: Schema): string {
  const parts = Object.entries(schema.properties!).map(([name, value]) =>
    value.items ? pluginsPart(name, value.items, value.description) : keysPart(name, value),
  )
  return `${[HEAD, ...parts].join('\n\n')}\n`
}

function keysPart(name: string, schema: Schema): string {
  return [`## ${name}`, schema.description ?? '', tableOf(rowsOf(schema, `${name}.`))].join('\n\n')
}

/** @param list authenticators, labelers or authorizers */
function pluginsPart(list: string, entry: Schema, description = ''): string {
  const plugins = (entry.allOf ?? []).map(({ if: named, then }) => {
    const [name, ...former] = named.properties.plugin.enum
    const { options } = then.properties
    const rows = rowsOf(options)
    const words = `[plugins/${name}](../../plugins/${name}/README.md)${former.length > 0 ? `; formerly \`${former.join('`, `')}\`` : ''}.`
    return [`### ${list}: ${name}`, words, rows.length > 0 ? tableOf(rows) : 'No options.'].join('\n\n')
  })
  return [`## ${list}`, `${description} Each entry has:`, tableOf(rowsOf(entry)), ...plugins].join('\n\n')
}
