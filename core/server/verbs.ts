// What commands can ask of a running server, through the control socket.
import { isIP } from 'node:net'
import type { DependencyContainer } from 'tsyringe'
import { LOG } from '../kit/process.ts'
import { quote } from '../request/errors.ts'
import { INSTANCES } from '../request/instance.ts'
import { forget } from '../request/remembered.ts'
import { GUARD } from '../work/guard/gate.ts'
import { Guard } from '../work/guard/guard.ts'
import type { Tallied, TallyFilter } from '../work/guard/tally.ts'
import { networkOf } from '../work/network.ts'
import type { Verbs } from './control.ts'
import { GUARD_TRY, tryAtGate } from './remote-gate.ts'

/** Forgets the proved passwords of an account. */
export const FORGET = 'remembered.forget'

/** What the guard has counted, and to forget it. */
export const GUARD_LIST = 'guard.list'
export const GUARD_CLEAR = 'guard.clear'
/** How many of each kind are shown. */
const MOST_SHOWN = 1_000

/** What the guard has counted, the most first. */
export type GuardListed = Tallied & {
  /** How many are not shown. */
  readonly left_out: number
}

/** Processes that remember proved passwords in the place of this one. */
interface Rememberers {
  /** @param account undefined: all of them @returns how many proofs were forgotten */
  forget(account?: string): Promise<number>
}

/**
 * @param now gives the process container of the configuration in force
 * @param others undefined: this process remembers what is proved
 */
export function verbsOf(now: () => DependencyContainer, others?: Rememberers): Verbs {
  const forgotten = async (account?: string) =>
    others ? await others.forget(account) : forget(now().resolve(INSTANCES), account)
  return {
    async [FORGET](args) {
      const { account } = (args ?? {}) as { readonly account?: unknown }
      if (typeof account !== 'string') throw new Error('name the account')
      return { forgotten: await forgotten(account) }
    },

    async [GUARD_LIST](args): Promise<GuardListed> {
      const { pairs, networks, accounts } = await guardOf(now()).list(filterOf(args))
      const most = (list: readonly unknown[]) => Math.max(0, list.length - MOST_SHOWN)
      return {
        pairs: pairs.slice(0, MOST_SHOWN).map((pair) => ({ ...pair, network: shown(pair.network) })),
        networks: networks.slice(0, MOST_SHOWN).map((one) => ({ ...one, network: shown(one.network) })),
        accounts: accounts.slice(0, MOST_SHOWN),
        left_out: most(pairs) + most(networks) + most(accounts),
      }
    },

    [GUARD_TRY]: (args) => tryAtGate(now().resolve(GUARD), args),

    /** Also proved passwords: whoever clears an account starts it anew. */
    async [GUARD_CLEAR](args) {
      const filter = filterOf(args)
      const cleared = await guardOf(now()).clear(filter)
      if (filter.network === undefined) await forgotten(filter.account)
      const { by } = (args ?? {}) as { readonly by?: unknown }
      now()
        .resolve(LOG)
        .info({ audit: 'guard cleared', by: String(by), ...filter, cleared }, 'guard cleared')
      return { cleared }
    },
  }
}

/** @throws Error when there is none */
function guardOf(container: DependencyContainer): Guard {
  const gate = container.resolve(GUARD)
  if (gate instanceof Guard) return gate
  throw new Error('this server has no guard: server.guard is false')
}

/** @throws Error when an argument is no text, or the network none */
function filterOf(args: unknown): TallyFilter {
  const { account, network } = (args ?? {}) as Record<string, unknown>
  for (const given of [account, network])
    if (given !== undefined && typeof given !== 'string') throw new Error('account and network must be text')
  return {
    account: account as string | undefined,
    network: network === undefined ? undefined : networkIn(network as string),
  }
}

/** A network as it is shown, or any address in it. */
function networkIn(text: string): string {
  const address = text.replace(text.includes(':') ? /\/(64|128)$/ : /\/32$/, '')
  if (text === UNKNOWN || isIP(address) !== 0) return networkOf(address)
  throw new Error(
    `the network ${quote(text)} is no address; write for example 192.0.2.1 or 2001:db8:1:2::/64`,
  )
}

/** What stands for the network of clients without an address. */
const UNKNOWN = networkOf(undefined)

function shown(network: string): string {
  return network.includes(':') ? `${network}::/64` : network
}
