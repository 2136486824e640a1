// A configuration, opened as far as its decisions need it: no keys, no certificates, no network, no password.
import type { DependencyContainer } from 'tsyringe'
import { type Config, inspectConfig, inspectText, type LeftOut, type ReadOptions } from '../config/config.ts'
import { withDeadline } from '../kit/deadline.ts'
import { CLOCK } from '../kit/process.ts'
import { createState } from '../kit/state.ts'
import type { Labels } from '../plugin.ts'
import { type Instance, nameOf } from '../request/instance.ts'
import { CHAINS } from '../request/pipeline.ts'
import { takesAnonymous } from '../server/anonymous.ts'
import { chainsOf } from '../server/container.ts'
import { createInstances } from '../server/instances.ts'
import { closeAll } from '../server/lifecycle.ts'
import { createLog } from '../server/log.ts'
import { STORE_KEYS, storeKeys } from '../server/plugin-store.ts'
import { createHouse, createProcessContainer } from '../server/process-container.ts'
import { tokenSettings } from '../server/token-settings.ts'
import { HOST_SERVICES } from '../services/host.ts'
import { ENTRIES } from '../store/entries.ts'
import { createMemoryEntries } from '../store/memory-entries.ts'
import { ConfigError, inOrder, type Problem } from '../yaml/problems.ts'
import { PolicyClock } from './clock.ts'
import { isLocal, localOnly, takenToPass } from './local.ts'
import { Policy } from './policy.ts'
import { weigh } from './problems-aside.ts'
import { RuleList } from './rule-list.ts'

/** How a policy is opened. */
export interface OpenOptions extends ReadOptions {
  /** Stands in for what the file holds. */
  readonly text?: string
  /** Authorizers and labelers that can't be opened are left out, in place of an error. */
  readonly incomplete?: boolean
  /** The ids of authorizers that are taken to pass on everything: what they would say, only a network knows. */
  readonly passing?: readonly string[]
}

/**
 * Opens a configuration of either form.
 *
 * @throws ConfigError when its authorizers or labelers can't be opened
 * @example
 * const policy = await openPolicy('dockwarden.yml')
 * await policy.ask({ account: 'alice', resource: parseScope('repository:team/app:pull') })
 */
export async function openPolicy(file: string, options: OpenOptions = {}): Promise<Policy> {
  const { text, incomplete = false, passing = [] } = options
  const reading = { keepUnread: true, ...options }
  const inspected = text === undefined ? inspectConfig(file, reading) : inspectText(text, file, reading)
  const { config, problems, warnings, leftOut } = await inspected
  const whole = incomplete || leftOut.every(({ kind }) => kind === 'authenticator')
  if (!config || !whole) throw new ConfigError(problems, warnings)
  const clock = new PolicyClock()
  const container = createContainer(config, clock)
  const unopened: Problem[] = []
  const plugins = config.plugins.map((plan) =>
    plan.kind === 'authorizer' && passing.includes(plan.id) ? takenToPass(plan) : plan,
  )
  const made = await createInstances({ ...config, plugins }, container, unopened, { warnings: [], notes: [] })
  const instances = made.map(({ instance }) => instance)
  const close = async () => {
    await closeAll(instances)
    await container.resolve(HOST_SERVICES).passwords.close()
  }
  const aside = inOrder([...problems, ...unopened])
  const weight = weigh(aside, config, instances)
  if (weight === 'matters' && !incomplete) {
    await close()
    throw new ConfigError(aside)
  }
  const { authenticators, labelers, authorizers } = chainsOf(instances)
  const decides = [...labelers, ...authorizers]
  await Promise.allSettled(decides.filter(isLocal).map(becomeReady))
  const chains = {
    authenticators,
    labelers: labelers.filter(isLocal),
    authorizers: authorizers.map(localOnly),
  }
  container.registerInstance(CHAINS, chains)
  const anonymous = new Set(
    config.plugins
      .filter((plan) => plan.kind === 'authenticator' && takesAnonymous(plan))
      .map(({ id }) => id),
  )
  return new Policy({
    file,
    container,
    clock,
    chains,
    anonymous,
    services: tokenSettings(config.token).services,
    accounts: await accountsOf(authenticators),
    aside,
    lost: {
      any: weight !== 'aside',
      anonymous:
        leftOut.some(mayTakeAnonymous) ||
        [...anonymous].some((id) => !authenticators.some((one) => one.id === id)),
    },
    lists: await listsOf(chains.authorizers),
    notAsked: decides.filter((one) => !isLocal(one)).map(nameOf),
    close,
  })
}

/** As far as can be told without sound options. */
function mayTakeAnonymous({ given, ...definition }: LeftOut): boolean {
  const { kind, options } = definition
  const asks = 'shape' in options && Object.hasOwn(options.shape as object, 'anonymous')
  const { anonymous = !asks } = (given ?? {}) as { readonly anonymous?: unknown }
  return kind === 'authenticator' && takesAnonymous({ definition, options: { anonymous } })
}

/** Nothing is made, and what is kept is kept in memory. */
function createContainer(config: Config, clock: PolicyClock): DependencyContainer {
  const log = createLog('error', { write: () => {} })
  const state = createState(config.stateDir, { readOnly: true, announce: () => {} })
  const house = createHouse(config, log, state, (own) => own.registerInstance(CLOCK, clock))
  const container = createProcessContainer(config, house)
  container.registerInstance(ENTRIES, createMemoryEntries(clock))
  container.registerInstance(STORE_KEYS, storeKeys(config, state, undefined))
  return container
}

const DEADLINE_MS = 5_000

/** Who is not ready says so when it is asked. */
async function becomeReady({ implementation }: Instance): Promise<void> {
  await withDeadline(Promise.resolve(implementation.ready?.()), DEADLINE_MS, 'it is not ready')
}

/** One whose rules can't be read says so when it is asked. */
async function listsOf(authorizers: readonly Instance<'authorizer'>[]): Promise<RuleList[]> {
  const lists = authorizers.map(async ({ id, implementation }) => {
    const listed = await implementation.rules?.()
    return listed ? [new RuleList(id, listed)] : []
  })
  return (await Promise.all(lists.map((list) => list.catch(() => [])))).flat()
}

/** The first one that knows an account decides. */
async function accountsOf(
  authenticators: readonly Instance<'authenticator'>[],
): Promise<Map<string, Labels>> {
  const known = new Map<string, Labels>()
  for (const { implementation } of authenticators) {
    const listed = (await implementation.accounts?.()) ?? []
    for (const { account, labels } of listed) if (!known.has(account)) known.set(account, labels)
  }
  return known
}
