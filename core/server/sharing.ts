// What one instance shares with others: its part of the container. Everything is looked up by the wires that the configuration gave.
import type { DependencyContainer } from 'tsyringe'
import { ACCEPTING, type Wire } from '../config/wiring.ts'
import { deepFreeze } from '../contract/frozen.ts'
import { readNeed, tokensIn } from '../contract/sharing.ts'
import type { TokenTable } from '../kit/token-table.ts'
import type { PluginDefinition, Token } from '../plugin.ts'
import type { Sharing } from '../services/host.ts'

/** What sharing goes by. */
export interface SharingParts {
  readonly definition: PluginDefinition
  readonly wires: ReadonlyMap<string, Wire>
  /** Holds what this instance provides. */
  readonly provided: DependencyContainer
  /** The same of the instances before it, by id. */
  readonly others: (id: string) => DependencyContainer
  readonly table: TokenTable
}

/** The sharing of one instance, and what ends the time for `provide`. */
export interface OpenSharing extends Sharing {
  close(): void
}

export function createSharing({ definition, wires, provided, others, table }: SharingParts): OpenSharing {
  let creating = true
  const find = <T>(token: Token<T>, most: 'one' | 'all'): readonly T[] => {
    const [key, wire] = wireOf(wires, definition, token)
    const { from, many, accepting } = wire
    if (most === 'one' && accepting)
      throw new Error(
        `${token.name} is that of whoever accepts (uses: { ${key}: ${ACCEPTING} }); ask request.resolve in each call, or name one in uses: ${from.join(', ')}`,
      )
    if (most === 'one' && many) throw new Error(`${token.name} is a need of many; ask host.resolveAll`)
    if (most === 'one' && from.length > 1)
      throw new Error(
        `several provide ${token.name}: ${from.join(', ')}; say which: uses: { ${key}: ${from[0]} }`,
      )
    return from.map((id) => {
      const other = others(id)
      const key = table.keyOf(token)
      if (!other.isRegistered(key))
        throw new Error(`${id} declares ${token.name}, but did not provide it in create; tell its author`)
      return other.resolve(key)
    })
  }
  return {
    provide(token, value) {
      assertListed(definition, token, 'host.provide')
      if (!creating)
        throw new Error(
          `host.provide(${token.name}) came after create; what is found in a request is request.provide's`,
        )
      if (value === undefined) throw new Error(`host.provide(${token.name}) was given nothing`)
      provided.registerInstance(table.keyOf(token), deepFreeze(value))
    },
    resolve<T>(token: Token<T>): T {
      const [value] = find(token, 'one')
      if (value === undefined)
        throw new Error(`nobody provides ${token.name}, which is optional; ask host.find`)
      return value
    },
    find: <T>(token: Token<T>) => find(token, 'one')[0],
    resolveAll: <T>(token: Token<T>) => Object.freeze(find(token, 'all')),
    close() {
      creating = false
    },
  }
}

/** @throws Error when the definition does not list the token among what it provides */
export function assertListed(
  { name, provides }: Pick<PluginDefinition, 'name' | 'provides'>,
  token: Token<unknown>,
  call: string,
): void {
  const wanted = token?.name
  if (!tokensIn(provides).some((listed) => listed.name === wanted))
    throw new Error(
      `${call}(${wanted}): the plugin ${name} does not list the token; add it to provides in definePlugin`,
    )
}

function wireOf(
  wires: SharingParts['wires'],
  { name, needs = {} }: PluginDefinition,
  token: Token<unknown>,
): [string, Wire] {
  const found = [...wires].find(([, wire]) => wire.token.name === token?.name)
  if (found) return found
  const needless = Object.values(needs)
    .map(readNeed)
    .find((need) => need.token.name === token?.name)
  if (needless?.unless !== undefined)
    throw new Error(
      `host.resolve(${token.name}): this instance has the option ${needless.unless}, so that it needs none`,
    )
  throw new Error(
    `host.resolve(${token?.name}): the plugin ${name} does not list the token; add it to needs in definePlugin`,
  )
}
