// `dockwarden plugins`: what a configuration uses, from where, and who gets what from whom.
import { readConfig } from '../config/config.ts'
import { ACCEPTING, type Wire } from '../config/wiring.ts'
import { tokensIn } from '../contract/sharing.ts'
import type { Output } from './output.ts'
import { table } from './table.ts'

/** One instance, as the command shows it. */
interface Line {
  readonly kind: string
  readonly plugin: string
  readonly id: string
  readonly from: string
  readonly version: string | undefined
  readonly provides: readonly string[]
  /** By the need's key: the token, and the ids of those that provide it. */
  readonly needs: Readonly<Record<string, { readonly token: string; readonly uses: readonly string[] }>>
}

/**
 * Shows the plugins of a configuration.
 *
 * @returns exit status 0
 * @throws ConfigError when the configuration can't be used
 */
export async function listPlugins(file: string, json: boolean, output: Output): Promise<number> {
  const { plugins } = await readConfig(file)
  const lines = plugins.map(({ kind, id, definition, from, version, wires }): Line => {
    const provides = tokensIn(definition.provides).map(({ name }) => name)
    const needs = Object.fromEntries([...wires].map(([key, wire]) => [key, needOf(wire)]))
    return { kind, plugin: definition.name, id, from, version, provides, needs }
  })
  if (json) output.stdout.write(`${JSON.stringify({ file, plugins: lines })}\n`)
  else output.stdout.write(table(['KIND', 'ID', 'PLUGIN', 'FROM', 'PROVIDES', 'NEEDS'], lines.map(cellsOf)))
  return 0
}

function needOf({ token, from, accepting }: Wire): Line['needs'][string] {
  return { token: token.name, uses: accepting ? [ACCEPTING] : from }
}

function cellsOf({ kind, plugin, id, from, version, provides, needs }: Line): string[] {
  const needed = Object.values(needs).map(({ token, uses }) => `${token} of ${uses.join(', ') || 'nobody'}`)
  const place = version === undefined ? from : `${from}@${version}`
  return [kind, id, plugin, place, provides.join(', ') || '-', needed.join('; ') || '-']
}
