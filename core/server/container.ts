// The composition root: from a checked configuration to the process container that holds every singleton.
import 'reflect-metadata'
import type { Logger } from 'pino'
import type { DependencyContainer } from 'tsyringe'
import type { Config, Spots } from '../config/config.ts'
import { listenPlans, tlsSections } from '../config/native/listeners.ts'
import { workersOf } from '../config/native/workers-schema.ts'
import { KEY_RING, KeyRing } from '../keys/key-ring.ts'
import { withDeadline } from '../kit/deadline.ts'
import { LOG } from '../kit/process.ts'
import type { Clock, Log, PluginKinds, State } from '../plugin.ts'
import { INSTANCES, type Instance } from '../request/instance.ts'
import { CHAINS, type Chains } from '../request/pipeline.ts'
import { TOKEN_SETTINGS } from '../request/sign.ts'
import { SIGN_IN_SESSIONS, type SignInSessions } from '../request/sign-in-sessions.ts'
import { HOST_SERVICES } from '../services/host.ts'
import { addressDoubts, type Finding, pathFaults, signInPoints } from '../sign-in/point.ts'
import { TOKEN_STORE } from '../store/token-store.ts'
import { TOKEN_KEEPER, TokenKeeper } from '../token/keeper.ts'
import { ConfigError, type Problem } from '../yaml/problems.ts'
import { hostDoubt } from './certificate-doubts.ts'
import { orderDoubts } from './certificate-order.ts'
import { type LiveClientTrust, loadClientTrust } from './client-trust.ts'
import { type House, openHouse } from './house.ts'
import { createInstances, type Made } from './instances.ts'
import { closeAll } from './lifecycle.ts'
import { prefixInUrl } from './path-prefix.ts'
import { createProcessContainer, type Prepare, single } from './process-container.ts'
import { registryNote } from './registry-set-ups.ts'
import type { Remarks } from './remarks.ts'
import { loadKeys, loadTls, type ServerKeys, sameKeys } from './server-keys.ts'
import type { ServerTls } from './tls.ts'
import { longestTokenLifetime, refreshSettings, signedBeforeOf, tokenSettings } from './token-settings.ts'

/** Everything of one configuration; a reload makes a second one beside the first. */
export interface Services {
  /** Holds every singleton, by the keys that stand beside their types. */
  readonly container: DependencyContainer
  readonly house: House
  readonly made: readonly Made[]
  /** The signing keys, the TLS certificates and the authorities, as they were read last. */
  keys: ServerKeys
  /** By the paths of their sections. */
  readonly tls: Map<string, ServerTls>
  /** Undefined when clients are not asked for certificates. */
  readonly clientTrust: LiveClientTrust | undefined
  readonly warnings: readonly Problem[]
  /** What is no fault, but good to know. */
  readonly notes: readonly Problem[]
  /** What plugins want known, and only `check` tells. */
  readonly remarks: readonly Problem[]
  /** Rejects while the token store can't be used. */
  readonly ready: () => Promise<void>
  /** Closes what it does not share with others, which live on. @returns a sentence for each part that did not close */
  closeBeside(others: Services): Promise<string[]>
  /** Closes all of it. @returns a sentence for each part that did not close */
  close(): Promise<string[]>
}

const SESSIONS_DEADLINE_MS = 5_000

/**
 * Builds the services of a configuration. Nothing is left open when it fails.
 *
 * @param state where what is missing is made; one that makes nothing opens what the configuration names
 * @param prepare puts singletons into the process container before any is made: they take the place of its own
 * @param keysInUse those of another process of this server: none are made beside them
 * @throws ConfigError with everything that can't be opened, all at once
 * @example const { container, close } = await createServices(config, log, state); const clock = container.resolve(CLOCK)
 */
export async function createServices(
  config: Config,
  log: Logger,
  state: State,
  prepare?: Prepare,
  keysInUse?: Pick<ServerKeys, 'caPath'>,
): Promise<Services> {
  const faults: Problem[] = []
  const onFault = (error: unknown) => void faults.push(...problemsOf(error, config, 'server.store'))
  const house = await openHouse(config, log, state, onFault, prepare)
  try {
    return await furnish(config, house, faults, undefined, keysInUse)
  } catch (error) {
    await house.close()
    throw error
  }
}

/**
 * Builds the services of a later configuration beside those that run, and shares with them what is the same. Nothing changes for those
 * that run, and nothing is left open when it fails.
 *
 * @throws ConfigError with everything that can't be opened, all at once
 */
export function renewServices(config: Config, running: Services): Promise<Services> {
  return furnish(config, running.house, [], running)
}

/**
 * No closure in here may name `running`: what it returns would hold on to all that ever ran.
 *
 * @param faults of the store
 */
async function furnish(
  config: Config,
  house: House,
  faults: readonly Problem[],
  running?: Services,
  keysInUse: Pick<ServerKeys, 'caPath'> | undefined = running?.keys,
): Promise<Services> {
  const container = createProcessContainer(config, house.container, running?.container)
  const host = container.resolve(HOST_SERVICES)
  const { clock } = host
  const log = container.resolve(LOG)
  const problems: Problem[] = []
  const keys = await attempt(config, 'token', problems, () => loadKeys(config, host, keysInUse))
  const tls = new Map<string, ServerTls>()
  for (const section of tlsSections(config.server)) {
    const loaded = await attempt(config, section.at, problems, () => loadTls(section, config, host))
    if (loaded) tls.set(section.at, loaded)
  }
  const clientTrust = await attempt(config, 'server.client_ca', problems, () => loadClientTrust(config, host))
  problems.push(...faults)
  const remarks: Remarks = { warnings: [], notes: [] }
  const made = await createInstances(config, container, problems, remarks, running?.made)
  const instances = made.map(({ instance }) => instance)
  const chains = single(container, CHAINS, () => chainsOf(instances))
  problems.push(...signInProblems(config, chains, house.noStore))
  if (!keys || problems.length > 0) {
    await closeAll(without(instances, running))
    throw new ConfigError(problems, remarks.warnings)
  }
  single(container, INSTANCES, () => instances)
  const refresh = house.noStore === undefined ? refreshSettings(config.token) : undefined
  const keeper = () => new TokenKeeper({ store: container.resolve(TOKEN_STORE), refresh, clock, log })
  single(container, TOKEN_KEEPER, keeper)
  const known = ringOf(config, keys, running, clock, log)
  const ring = single(container, KEY_RING, () => known)
  single(container, TOKEN_SETTINGS, () => ({
    ...tokenSettings(config.token),
    signer: ring,
    signatures: house.signatures,
    signedBefore: signedBeforeOf(config.token, ring),
  }))
  const now = clock.now()
  return {
    container,
    house,
    made,
    keys,
    tls,
    clientTrust: clientTrust && { current: clientTrust },
    ready: () => house.ready(),
    warnings: [
      ...placed(config, 'token', keys.warnings(now)),
      ...[...tls].flatMap(([at, { warnings, doubts = [] }]) =>
        placed(config, at, [...warnings(now), ...doubts]),
      ),
      ...listenPlans(config.server).flatMap((plan) => {
        const served = plan.tls && tls.get(plan.tls.at)
        const doubt = served && served.madePath === undefined ? hostDoubt(plan, served.options) : undefined
        return doubt === undefined ? [] : placed(config, plan.at, [doubt])
      }),
      ...placed(config, 'server', clientTrust?.warnings(now) ?? []),
      ...placed(config, 'server.store', withoutStore(house.noStore)),
      ...atPlugins(
        config,
        addressDoubts(signInPoints(chains.authenticators), prefixInUrl(config.server.path_prefix)),
      ),
      ...atPlugins(config, orderDoubts(config.plugins)),
      ...remarks.warnings,
    ],
    notes: placed(config, 'token.x5c', noteOf(config.token, keys, ring)),
    remarks: remarks.notes,
    async closeBeside(others) {
      const closed = await closeAll(without(instances, others))
      if (others.container.resolve(KEY_RING) !== ring) await ring.close()
      return closed
    },
    async close() {
      const open = await closeSessions(container.resolve(SIGN_IN_SESSIONS))
      open.push(...(await closeAll(instances)))
      await Promise.all([ring.close(), house.close()])
      return open
    },
  }
}

function without(instances: readonly Instance[], others: Services | undefined): Instance[] {
  const living = new Set(others?.made.map(({ instance }) => instance))
  return instances.filter((instance) => !living.has(instance))
}

/** The ring in use, with its threads, while it has the same keys for as long. */
function ringOf(
  { token, server }: Pick<Config, 'token' | 'server'>,
  keys: ServerKeys,
  running: Services | undefined,
  clock: Clock,
  log: Log,
): KeyRing {
  const ring = running?.container.resolve(KEY_RING)
  const longestLifetime = longestTokenLifetime(token)
  if (ring && ring.longestLifetime === longestLifetime && sameKeys(running!.keys, keys)) return ring
  return new KeyRing(keys.plan, {
    clock,
    longestLifetime,
    share: workersOf(server),
    onSwitch: ({ kid, notAfter }) => log.info({ kid, notAfter }, 'another key signs from now on'),
  })
}

/** Messages about a section. One that begins with the path of a key in it stands there. */
function placed(config: Spots, path: string, messages: readonly string[]): Problem[] {
  const section = config.spotOf(path)
  return messages.map((text) => {
    const [, key = '', message = ''] = /^([\w.]+(?:\[\d+\][\w.]*)*): (.*)$/s.exec(text) ?? []
    // In docker_auth's form the key has another path than in the native one.
    const spot = config.spotOf(key.replace(/\[(\d+)\]/g, '.$1'))
    if (key === '' || !key.startsWith(`${section.path}`))
      return { file: config.file, ...section, message: text }
    return { file: config.file, ...(spot.path === key ? spot : { ...section, path: key }), message }
  })
}

function noteOf(token: Config['token'], { caPath }: ServerKeys, { current }: KeyRing): string[] {
  const note = current && registryNote(current, token, caPath !== undefined)
  return note === undefined ? [] : [note]
}

function withoutStore(fault: string | undefined): string[] {
  return fault === undefined ? [] : [`there are no refresh tokens and no personal access tokens: ${fault}`]
}

async function attempt<T>(
  config: Spots,
  path: string,
  problems: Problem[],
  open: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await open()
  } catch (error) {
    problems.push(...problemsOf(error, config, path))
    return undefined
  }
}

/** What failed, at its own places or at that of its section. */
function problemsOf(error: unknown, config: Spots, path: string): readonly Problem[] {
  if (error instanceof ConfigError) return error.problems
  return [{ file: config.file, ...config.spotOf(path), message: (error as Error).message }]
}

/** What a provider gave last is kept before the plugins and the store go. */
async function closeSessions(sessions: SignInSessions): Promise<string[]> {
  try {
    await withDeadline(sessions.close(), SESSIONS_DEADLINE_MS, 'a provider has not answered yet')
    return []
  } catch (error) {
    return [`the sessions of sign-ins did not close: ${(error as Error).message}`]
  }
}

function signInProblems(
  config: Parameters<typeof atPlugins>[0],
  { authenticators }: Chains,
  fault: string | undefined,
): Problem[] {
  const points = signInPoints(authenticators)
  const faults = pathFaults(points)
  const first = points[0]
  if (first && fault !== undefined) {
    const message = `what a browser sign-in hands out must be kept, and can not be: ${fault}`
    faults.push({ id: first.instance.id, message })
  }
  return atPlugins(config, faults)
}

/** At the places of the instances. */
function atPlugins(config: Spots & Pick<Config, 'plugins'>, findings: readonly Finding[]): Problem[] {
  return findings.map(({ id, message }) => {
    const spot = config.plugins.find((plan) => plan.id === id)?.spot
    return { file: config.file, ...(spot ?? config.spotOf('authenticators')), message }
  })
}

/** The instances by their kinds. */
export function chainsOf(instances: readonly Instance[]): Chains {
  const of = <K extends keyof PluginKinds>(kind: K) =>
    instances.filter((instance): instance is Instance<K> => instance.kind === kind)
  return { authenticators: of('authenticator'), labelers: of('labeler'), authorizers: of('authorizer') }
}
