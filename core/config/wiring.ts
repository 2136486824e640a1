// Who gets what from whom: the needs of all instances against what they provide, before anything is made.
import { hasOption, type ReadNeed, readNeed, tokensIn, whyNotProvided } from '../contract/sharing.ts'
import { TokenTable } from '../kit/token-table.ts'
import { type PluginDefinition, suggest, type Token } from '../plugin.ts'

/** Stands in `uses` for whoever accepts the request. */
export const ACCEPTING = 'accepting'

/** One need of an instance, and whose it is. */
export interface Wire {
  readonly token: Token<unknown>
  readonly optional: boolean
  readonly many: boolean
  /** The ids of those that provide it, in the order of the configuration. */
  readonly from: readonly string[]
  /** It is that of whoever accepts a request: one of those. */
  readonly accepting: boolean
}

/** An instance, as far as sharing is concerned. */
export interface Sharer {
  readonly id: string
  readonly definition: PluginDefinition
  /** Checked. */
  readonly options: unknown
  /** What the configuration says: instance ids by the keys of the definition's needs. */
  readonly uses: Uses
}

export type Uses = Readonly<Record<string, string | readonly string[]>>

/** A fault, and which instance has it. */
export interface Fault {
  readonly id: string
  /** The key of `uses` that is at fault; undefined when it is not there. */
  readonly key?: string
  readonly message: string
}

/** The wires of each instance that can be made, by its id and the need's key. */
export interface Wiring {
  readonly wires: ReadonlyMap<string, ReadonlyMap<string, Wire>>
  readonly faults: readonly Fault[]
}

/**
 * Connects needs with what is provided.
 *
 * @param sharers all instances, in the order of the configuration
 * @param others further plugins that could be used, to name those that would provide what is missing
 */
export async function wire(
  sharers: readonly Sharer[],
  others: () => Promise<readonly PluginDefinition[]>,
): Promise<Wiring> {
  const faults: Fault[] = [...versionFaults(sharers)]
  const wires = new Map<string, Map<string, Wire>>()
  for (const sharer of sharers) {
    const own = new Map<string, Wire>()
    wires.set(sharer.id, own)
    faults.push(...unknownUses(sharer))
    for (const [key, need] of Object.entries(sharer.definition.needs ?? {})) {
      const found = await connect(sharer, key, readNeed(need), sharers, others)
      if (found === undefined) continue
      if ('message' in found) faults.push({ id: sharer.id, ...found })
      else own.set(key, found)
    }
  }
  if (faults.length === 0) faults.push(...circles(wires))
  for (const { id } of faults) drop(id, wires)
  return { wires, faults }
}

/** Takes an instance away, and all that need it. */
function drop(id: string, wires: Map<string, Map<string, Wire>>): void {
  if (!wires.delete(id)) return
  for (const [user, own] of [...wires]) if (providersOf(own).includes(id)) drop(user, wires)
}

type Missed = Omit<Fault, 'id'>

/** @returns undefined when the instance needs nothing */
async function connect(
  sharer: Sharer,
  key: string,
  need: ReadNeed,
  sharers: readonly Sharer[],
  others: () => Promise<readonly PluginDefinition[]>,
): Promise<Wire | Missed | undefined> {
  const { token, optional, many, unless } = need
  const used = Object.hasOwn(sharer.uses, key) ? sharer.uses[key] : undefined
  if (unless !== undefined && hasOption(sharer.options, unless)) {
    if (used === undefined) return undefined
    return {
      key,
      message: `stands beside the option ${unless}, which takes its place; remove one of the two`,
    }
  }
  const listing = sharers.filter((other) => other !== sharer && lists(other.definition, token))
  const ids = listing.filter((other) => whyNot(other, token) === undefined).map(({ id }) => id)
  const wire = { token, optional, many, accepting: false }
  if (used === ACCEPTING) {
    const accepting = listing.filter(({ definition }) => definition.kind === 'authenticator')
    const message = faultOfAccepting(sharer, token, accepting, ids)
    return message === undefined
      ? { ...wire, from: accepting.map(({ id }) => id), accepting: true }
      : { key, message }
  }
  if (used !== undefined) {
    const named = typeof used === 'string' ? [used] : used
    if (named.length > 1 && !many) return { key, message: `takes one instance; name one of ${list(named)}` }
    const wrong = named.find((id) => !ids.includes(id))
    if (wrong === undefined) return { ...wire, from: named }
    const there = sharers.find(({ id }) => id === wrong)
    const what = there
      ? `${wrong} provides no ${token.name}${because([there], token)}`
      : `there is no instance with the id ${wrong}`
    return { key, message: ids.length > 0 ? `${what}; ${suggest(wrong, ids)}` : what }
  }
  if (ids.length === 0 && !optional && !many)
    return {
      message: `needs ${token.name} (${key}), which no other instance provides${because(listing, token)}; ${own(unless)}${remedy(await others(), sharer, token)}`,
    }
  if (ids.length > 1 && !optional && !many)
    return {
      message: `needs ${token.name}, which ${list(ids)} provide; say which: uses: { ${key}: ${ids[0]} }${sharer.definition.kind === 'authenticator' ? '' : `, or uses: { ${key}: ${ACCEPTING} } for that of whoever accepted`}`,
    }
  return { ...wire, from: ids }
}

/**
 * @param accepting the authenticators that list the token
 * @param ids of whoever provides it
 */
function faultOfAccepting(
  { definition }: Sharer,
  token: Token<unknown>,
  accepting: readonly Sharer[],
  ids: readonly string[],
): string | undefined {
  if (definition.kind === 'authenticator')
    return `an authenticator is asked before anybody has accepted; name one of ${list(ids)}`
  if (accepting.length === 0)
    return `no authenticator provides ${token.name}; name the id of an instance that does`
  const without = accepting.find((other) => whyNot(other, token) !== undefined)
  return (
    without &&
    `${without.id} may be who accepts, and provides no ${token.name}${because([without], token)}; name the id of an instance that does`
  )
}

function lists({ provides }: PluginDefinition, { name }: Token<unknown>): boolean {
  return tokensIn(provides).some((token) => token?.name === name)
}

function whyNot({ definition, options }: Sharer, token: Token<unknown>): string | undefined {
  return whyNotProvided(definition.provides ?? [], token, options)
}

/** Why those that could provide a token do not. */
function because(others: readonly Sharer[], token: Token<unknown>): string {
  const reasons = others.flatMap((other) => {
    const why = whyNot(other, token)
    return why === undefined ? [] : [`${other.id} ${why}`]
  })
  return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`
}

function own(option: string | undefined): string {
  return option === undefined ? '' : `write ${option} in its options, or `
}

function remedy(others: readonly PluginDefinition[], { definition }: Sharer, token: Token<unknown>): string {
  const fitting = others.filter((other) => other !== definition && lists(other, token))
  const would = [...new Set(fitting.map(({ name }) => name))]
  if (would.length === 0) return 'add an instance of the plugin that does'
  return `add an instance of ${would.length === 1 ? 'the plugin ' : ''}${would.join(' or ')}`
}

function* unknownUses({ id, definition, uses }: Sharer): Iterable<Fault> {
  const keys = Object.keys(definition.needs ?? {})
  for (const key of Object.keys(uses)) {
    if (keys.includes(key)) continue
    const message =
      keys.length === 0
        ? `the plugin ${definition.name} needs nothing from others; remove it`
        : `the plugin ${definition.name} has no such need; ${suggest(key, keys)}`
    yield { id, key, message }
  }
}

/** Every token is looked up once, as it will be when the instances are made. */
function* versionFaults(sharers: readonly Sharer[]): Iterable<Fault> {
  const table = new TokenTable()
  for (const { id, definition } of sharers) {
    const needed = Object.values(definition.needs ?? {}).map((need) => readNeed(need).token)
    for (const token of [...tokensIn(definition.provides), ...needed]) {
      try {
        table.keyOf(token)
      } catch (error) {
        yield { id, message: (error as Error).message }
      }
    }
  }
}

/** Each circle once, told at the first instance that is in it. */
function circles(wires: Wiring['wires']): Fault[] {
  const faults: Fault[] = []
  const done = new Set<string>()
  const visit = (id: string, path: readonly string[]) => {
    const start = path.indexOf(id)
    if (start !== -1) {
      const circle = [...path.slice(start), id].join(' needs ')
      faults.push({
        id,
        message: `stands in a circle: ${circle}; break it with uses, or give one of them its own`,
      })
      return
    }
    if (done.has(id)) return
    for (const next of providersOf(wires.get(id))) visit(next, [...path, id])
    done.add(id)
  }
  for (const id of wires.keys()) visit(id, [])
  return faults
}

/** The instances that must be made before one with these wires. */
export function providersOf(wires: ReadonlyMap<string, Wire> | undefined): string[] {
  return [...new Set([...(wires?.values() ?? [])].flatMap(({ from }) => from))]
}

function list(ids: readonly string[]): string {
  return ids.length < 2 ? ids.join() : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`
}
