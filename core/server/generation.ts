// One configuration in force: its services, and the application that answers with them. A reload makes the next one; requests that have
// begun end with theirs.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { listenPlans } from '../config/native/listeners.ts'
import { lastUsed } from '../contract/last-used.ts'
import { KEY_RING } from '../keys/key-ring.ts'
import { CLOCK } from '../kit/process.ts'
import { createClientAddress, createIsProxy } from '../request/client-address.ts'
import { createClientCertificateOf } from '../request/client-certificate.ts'
import { createEndpoint } from '../request/endpoint.ts'
import { INSTANCES } from '../request/instance.ts'
import { CHAINS } from '../request/pipeline.ts'
import { createSharedAddress } from '../request/shared-address.ts'
import { TOKEN_SETTINGS } from '../request/sign.ts'
import { ATTEMPT_MS } from '../sign-in/cookies.ts'
import { signInPoints } from '../sign-in/point.ts'
import type { SpentStates } from '../sign-in/visit.ts'
import { challengesOf } from './acme.ts'
import { createApp } from './app.ts'
import type { Refused } from './broken.ts'
import type { Services } from './container.ts'
import { notReady, storeFault } from './lifecycle.ts'
import { prefixInUrl } from './path-prefix.ts'

/** How many are remembered. */
const SPENT_STATES = 10_000

/** What all generations of a server share besides the house. */
export interface Lasting {
  readonly log: Logger
  readonly refused: Refused
  readonly spent: SpentStates
  /** True once the server accepts no more connections. */
  stopping(): boolean
}

/** @example spentStates().spend(state) // true, of a new server */
export function spentStates(): SpentStates {
  const spent = lastUsed<true>(SPENT_STATES, { ttl: ATTEMPT_MS })
  return {
    spend(state) {
      if (spent.has(state)) return false
      spent.set(state, true)
      return true
    },
  }
}

/** A configuration, and what answers with it. */
export interface Generation {
  readonly config: Config
  readonly services: Services
  /** Answers a request. */
  readonly handle: RequestListener
  /** Whether an address is that of a proxy of ours; undefined is the peer of a unix socket. */
  readonly isProxy: (ip: string | undefined) => boolean
  /** The same of those that may connect to one address with the PROXY protocol. @param index of the address */
  isProxyAt(index: number, ip: string | undefined): boolean
  /** Resolves when every request that has begun has ended. */
  idle(): Promise<void>
}

/** Makes the application of a configuration. */
export function createGeneration(config: Config, services: Services, lasting: Lasting): Generation {
  const { log, refused, spent, stopping } = lasting
  const { container, clientTrust: trust } = services
  const { issuer } = container.resolve(TOKEN_SETTINGS)
  const ring = container.resolve(KEY_RING)
  const { limits, client_ip, client_certificate } = config.server
  const clientAddress = createClientAddress(client_ip)
  const clientCertificate =
    trust &&
    createClientCertificateOf(container.resolve(CLOCK), client_certificate, (certificate) =>
      trust.current.verdict(certificate),
    )
  const points = signInPoints(container.resolve(CHAINS).authenticators)
  const look = shared(() => faultsOf(services, log))
  const app = createApp({
    issuer,
    pathPrefix: config.server.path_prefix,
    hsts: config.server.hsts,
    origins: config.server.cors?.origins ?? [],
    token: createEndpoint({
      container,
      clientAddress,
      sharedAddress: createSharedAddress(client_ip, log),
      clientCertificate,
      limits,
      logLabels: config.log.labels,
    }),
    keys: () => ring.keySet(),
    proofOf: (token) => challengesOf(services).textOf(token),
    pluginRoutes: { container, clientAddress, limits },
    ...(points.length > 0 && {
      signIns: {
        issuer,
        pathPrefix: prefixInUrl(config.server.path_prefix),
        points,
        container,
        clientAddress,
        limits,
        spent,
      },
    }),
    readiness: async () => (stopping() ? ['the server is stopping'] : await look()),
    stopping,
    refused,
    log,
  })
  const proxies = listenPlans(config.server).map((plan) => plan.proxies)
  const areProxies = proxies.map((networks) => networks && createIsProxy(networks))
  return {
    config,
    services,
    isProxy: createIsProxy(client_ip?.trusted_proxies, client_certificate?.trusted_proxies, ...proxies),
    isProxyAt: (index, ip) => areProxies[index]?.(ip) ?? false,
    ...counted(app.callback()),
  }
}

/** Knows which requests are under way: also those whose client has gone, while anything is done for them. */
function counted(answer: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>) {
  let underWay = 0
  let ended = () => {}
  return {
    handle(request: IncomingMessage, response: ServerResponse): void {
      underWay += 1
      let left = 2
      const done = () => {
        left -= 1
        if (left > 0) return
        underWay -= 1
        if (underWay === 0) ended()
      }
      response.once('close', done)
      answer(request, response).then(done, done)
    },
    idle: () =>
      new Promise<void>((resolve) => {
        ended = resolve
        if (underWay === 0) resolve()
      }),
  }
}

/** Anybody may ask whether we are ready, as often as they like: at the same time all get one answer, and backends are asked once. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined
    })
    return asked
  }
}

export async function faultsOf({ container, ready }: Services, log: Logger): Promise<string[]> {
  const asked = [notReady(container.resolve(INSTANCES)), storeFault(ready)]
  const faults = (await Promise.all(asked)).flat()
  for (const fault of faults) log.warn({}, fault)
  return faults
}
