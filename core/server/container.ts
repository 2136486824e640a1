// The composition root: from a checked configuration to the process container that holds every singleton.
import 'reflect-metadata'
import type { Logger } from 'pino'
import type { DependencyContainer } from 'tsyringe'
import type { Config, Spots } from '../config/config.ts'
import { tlsSections } from '../config/native/listeners.ts'
import { KEY_RING, KeyRing } from '../keys/key-ring.ts'
import { withDeadline } from '../kit/deadline.ts'
import { CLOCK, FILES, LOG } from '../kit/process.ts'
import { METRICS, metricsIn } from '../metrics/metrics.ts'
import type { Clock, Log, PluginKinds, State } from '../plugin.ts'
import { INSTANCES, type Instance } from '../request/instance.ts'
import { CHAINS, type Chains } from '../request/pipeline.ts'
import { TOKEN_SETTINGS } from '../request/sign.ts'
import { SIGN_IN_SESSIONS, SignInSessions } from '../request/sign-in-sessions.ts'
import { HOST_SERVICES } from '../services/host.ts'
import { addressDoubts, type Finding, pathFaults, signInPoints } from '../sign-in/point.ts'
import { ENTRIES } from '../store/entries.ts'
import { createMemoryEntries } from '../store/memory-entries.ts'
import { TOKEN_STORE } from '../store/token-store.ts'
import { TOKEN_KEEPER, TokenKeeper } from '../token/keeper.ts'
import { GUARD } from '../work/guard/gate.ts'
import { ConfigError, type Problem } from '../yaml/problems.ts'
import { orderDoubts } from './certificate-order.ts'
import { type LiveClientTrust, loadClientTrust } from './client-trust.ts'
import { createInstances } from './instances.ts'
import { closeAll } from './lifecycle.ts'
import { measuredStore } from './measured-store.ts'
import { openGuard } from './open-guard.ts'
import { hasStore, openStore, type StorePlan, whyNoStore } from './open-store.ts'
import { prefixInUrl } from './path-prefix.ts'
import { STORE_KEYS, storeKeys } from './plugin-store.ts'
import { createProcessContainer, type Prepare, single } from './process-container.ts'
import { registryNote } from './registry-set-ups.ts'
import type { Remarks } from './remarks.ts'
import { loadCertificate, loadKeys, loadTls, type ServerKeys, type ServerTls } from './server-keys.ts'
import { longestTokenLifetime, refreshSettings, tokenSettings } from './token-settings.ts'

/** Everything of one configuration; a reload makes a second one beside the first. */
export interface Services {
  /** Holds every singleton, by the keys that stand beside their types. */
  readonly container: DependencyContainer
  /** The signing keys as they were at the start. */
  readonly keys: ServerKeys
  /** By the paths of their sections. */
  readonly tls: ReadonlyMap<string, ServerTls>
  /** Of the metrics. */
  readonly metricsTls: ServerTls | undefined
  /** Undefined when clients are not asked for certificates. */
  readonly clientTrust: LiveClientTrust | undefined
  readonly warnings: readonly Problem[]
  /** What is no fault, but good to know. */
  readonly notes: readonly Problem[]
  /** What plugins want known, and only `check` tells. */
  readonly remarks: readonly Problem[]
  /** Rejects while the token store can't be used. */
  readonly ready: () => Promise<void>
  /** Closes all of it. @returns a sentence for each part that did not close */
  close(): Promise<string[]>
}

const SESSIONS_DEADLINE_MS = 5_000

/** Tokens that are with the signing threads at once: enough for their batches, few enough for whoever comes next. */
const SIGNATURES = 32

/**
 * Builds the services of a configuration. Nothing is left open when it fails.
 *
 * @param state where what is missing is made; one that makes nothing opens what the configuration names
 * @param prepare puts singletons into the process container before any is made: they take the place of its own
 * @throws ConfigError with everything that can't be opened, all at once
 * @example const { container, close } = await createServices(config, log, state); const clock = container.resolve(CLOCK)
 */
export async function createServices(
  config: Config,
  log: Logger,
  state: State,
  prepare?: Prepare,
): Promise<Services> {
  const container = createProcessContainer(config, log, state, prepare)
  const clock = container.resolve(CLOCK)
  const host = container.resolve(HOST_SERVICES)
  if (config.server.metrics) await openMetrics(container)

  const problems: Problem[] = []
  const keys = await attempt(config, 'token', problems, () => loadKeys(config, host))
  const tls = new Map<string, ServerTls>()
  for (const section of tlsSections(config.server)) {
    const loaded = await attempt(config, section.at, problems, () => loadTls(section, config, host))
    if (loaded) tls.set(section.at, loaded)
  }
  const metricsTls = await attempt(config, 'server.metrics.tls', problems, async () => {
    const { tls: settings } = config.server.metrics ?? {}
    return settings && loadCertificate('server.metrics.tls', settings, config, host)
  })
  const clientTrust = await attempt(config, 'server.client_ca', problems, () => loadClientTrust(config, host))
  const opened = await attempt(config, 'server.store', problems, () => openKeeper(config, container))
  single(container, ENTRIES, () =>
    opened?.fault === undefined && container.isRegistered(TOKEN_STORE)
      ? container.resolve(TOKEN_STORE).entries
      : createMemoryEntries(clock),
  )
  single(container, STORE_KEYS, () => storeKeys(config, state, opened?.fault))
  const remarks: Remarks = { warnings: [], notes: [] }
  const instances = await createInstances(config, container, problems, remarks)
  const chains = single(container, CHAINS, () => chainsOf(instances))
  problems.push(...signInProblems(config, chains, opened?.fault))
  if (!keys || !opened || problems.length > 0) {
    await Promise.all([closeAll(instances), opened?.keeper.close(), host.passwords.close()])
    throw new ConfigError(problems, remarks.warnings)
  }
  const { keeper: tokens, fault } = opened
  single(container, INSTANCES, () => instances)
  single(container, TOKEN_KEEPER, () => tokens)
  const store = fault === undefined ? container.resolve(TOKEN_STORE) : undefined
  const guard = container.isRegistered(GUARD)
    ? undefined
    : await openGuard(config, { clock, files: container.resolve(FILES), log, store })
  single(container, GUARD, () => guard!.gate)
  const sessions = single(container, SIGN_IN_SESSIONS, () => new SignInSessions({ tokens, clock, log }))
  const ring = single(container, KEY_RING, () => createRing(config.token, keys, clock, log))
  single(container, TOKEN_SETTINGS, () => ({
    ...tokenSettings(config.token),
    signer: ring,
    signatures: host.places.open({ name: 'signatures', size: SIGNATURES }),
  }))
  const now = clock.now()
  return {
    container,
    keys,
    tls,
    metricsTls,
    clientTrust: clientTrust && { current: clientTrust },
    async ready() {
      await guard?.ready()
      if (fault === undefined) await tokens.ready()
    },
    warnings: [
      ...placed(config, 'token', keys.warnings(now)),
      ...[...tls].flatMap(([at, { warnings }]) => placed(config, at, warnings(now))),
      ...placed(config, 'server.metrics.tls', metricsTls?.warnings(now) ?? []),
      ...placed(config, 'server', clientTrust?.warnings(now) ?? []),
      ...placed(config, 'server.store', withoutStore(fault)),
      ...atPlugins(
        config,
        addressDoubts(signInPoints(chains.authenticators), prefixInUrl(config.server.path_prefix)),
      ),
      ...atPlugins(config, orderDoubts(config.plugins)),
      ...remarks.warnings,
    ],
    notes: placed(config, 'token.x5c', noteOf(config.token, keys, ring)),
    remarks: remarks.notes,
    async close() {
      const faults = await closeSessions(sessions)
      faults.push(...(await closeAll(instances)))
      guard?.close()
      await Promise.all([tokens.close(), ring.close(), host.passwords.close(), host.http.close()])
      return faults
    },
  }
}

/** Those that are there already live on. The library is loaded only where somebody measures. */
async function openMetrics(container: DependencyContainer): Promise<void> {
  if (container.isRegistered(METRICS)) return
  const { ServerMetrics } = await import('../metrics/server-metrics.ts')
  container.registerInstance(METRICS, new ServerMetrics())
}

interface OpenedKeeper {
  readonly keeper: TokenKeeper
  /** Why nothing can be kept. */
  readonly fault: string | undefined
}

/**
 * Opens the store. One that nobody configured, and that was never there, may be missing: docker_auth's users run it where
 * nothing can be written.
 *
 * @throws Error when the store that is configured can't be used
 */
async function openKeeper(
  config: StorePlan & Pick<Config, 'token'>,
  container: DependencyContainer,
): Promise<OpenedKeeper> {
  const fault = await whyNoStore(config)
  if (fault !== undefined && (config.server.store !== undefined || (await hasStore(config))))
    throw new Error(fault)
  const [clock, log] = [container.resolve(CLOCK), container.resolve(LOG)]
  const own = container.isRegistered(TOKEN_STORE)
    ? undefined
    : await openStore(config, { files: container.resolve(FILES), clock }, log)
  const store = single(container, TOKEN_STORE, () => measuredStore(own!, metricsIn(container)))
  const refresh = fault === undefined ? refreshSettings(config.token) : undefined
  return { keeper: new TokenKeeper({ store, refresh, clock, log }), fault }
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

function createRing(token: Config['token'], { plan }: ServerKeys, clock: Clock, log: Log): KeyRing {
  return new KeyRing(plan, {
    clock,
    longestLifetime: longestTokenLifetime(token),
    onSwitch: ({ kid, notAfter }) => log.info({ kid, notAfter }, 'another key signs from now on'),
  })
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
    if (error instanceof ConfigError) problems.push(...error.problems)
    else problems.push({ file: config.file, ...config.spotOf(path), message: (error as Error).message })
    return undefined
  }
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
