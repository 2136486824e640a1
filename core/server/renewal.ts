// Keeps a running server's keys and certificates fresh: read again when their files change, and warned of before they end.

import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Config, Spots } from '../config/config.ts'
import { type TlsSection, tlsSections } from '../config/native/listeners.ts'
import { KEY_RING } from '../keys/key-ring.ts'
import { signingFiles, TLS_FILES } from '../keys/state-keys.ts'
import type { Clock, Log, Watch, Watched } from '../plugin.ts'
import { watchFiles } from '../services/file-watch.ts'
import { HOST_SERVICES, type HostServices } from '../services/host.ts'
import { keepOrdered, orderedPath } from './acme.ts'
import { type ClientTrust, type LiveClientTrust, loadClientTrust, withTrust } from './client-trust.ts'
import type { Services } from './container.ts'
import type { Listener } from './listener.ts'
import { loadKeys, loadTls, type ServerKeys, sameKeys } from './server-keys.ts'
import type { ServerTls } from './tls.ts'

const DAY = 86_400_000
/** The part whose keys are published before they sign. */
const SIGNING_KEYS = 'the signing keys'
/** OpenSSL's clock knows whole seconds only, and may be late: what has ended for so long has ended for OpenSSL, too. */
const SECOND = 1_000

/** What is kept fresh of a configuration. */
type FreshConfig = Spots & Pick<Config, 'token' | 'server' | 'stateDir'>
type FreshServices = Pick<Services, 'container' | 'keys' | 'tls' | 'clientTrust'>
type Renewed = Pick<Listener, 'renew' | 'retire'>

/** Processes that serve the same configuration, and look at no files themselves. */
export interface FollowedBy {
  /** Has all of them publish the keys of the files besides those in use. @throws Error when one can't */
  publish(): Promise<void>
  /** Has all of them read a part again. */
  fresh(name: string): Promise<void>
}

/**
 * Begins to watch the files of the signing keys and of the TLS certificate.
 *
 * @param interval how often they are looked at, in milliseconds
 * @param followed by whom
 */
export function keepFresh(
  config: FreshConfig,
  services: FreshServices,
  listener: Renewed,
  log: Log,
  interval: number,
  followed?: FollowedBy,
): Watch {
  const { container, tls, clientTrust } = services
  const host = container.resolve(HOST_SERVICES)
  const warn = warningTo(log, host.clock)
  const watch = watchFiles(freshParts(config, services, listener, log, followed), log, interval)
  const ordered = keepOrdered(config, { container }, log, interval)
  const ends = clientTrust && watchEnds(clientTrust, host.clock, listener, log, interval)
  const daily = setInterval(() => {
    warn(services.keys)
    for (const one of tls.values()) warn(one)
    warn(clientTrust?.current)
  }, DAY)
  daily.unref()
  return {
    async stop() {
      clearInterval(daily)
      clearInterval(ends)
      await Promise.all([watch.stop(), ordered.stop()])
    },
  }
}

function warningTo(log: Log, clock: Clock) {
  return (warned: ServerKeys | ServerTls | ClientTrust | undefined) => {
    for (const warning of warned?.warnings(clock.now()) ?? []) log.warn({}, warning)
  }
}

/**
 * What is read from files: each part knows its files, and how it is read again.
 *
 * @param followed by whom
 */
export function freshParts(
  config: FreshConfig,
  services: FreshServices,
  listener: Renewed,
  log: Log,
  followed?: FollowedBy,
): Watched[] {
  const { container, tls, clientTrust } = services
  const host = container.resolve(HOST_SERVICES)
  const ring = container.resolve(KEY_RING)
  const warn = warningTo(log, host.clock)
  const watched: Watched[] = [
    {
      name: SIGNING_KEYS,
      paths: () => keyPaths(config, host),
      async reload() {
        const read = await loadKeys(config, host, services.keys)
        if (sameKeys(read, services.keys)) return
        await followed?.publish()
        services.keys = read
        ring.replace(read.plan)
        await followed?.fresh(SIGNING_KEYS)
        const { kid, notAfter } = ring.current!
        log.info(
          { kid, notAfter, published: ring.keySet().keys.map((key) => key.kid) },
          'signing keys read again',
        )
        warn(read)
      },
    },
  ]
  for (const section of tlsSections(config.server)) {
    const { at } = section
    const name =
      at === 'server.tls' ? 'the TLS certificate' : `the TLS certificate of ${config.spotOf(at).path}`
    watched.push({
      name,
      paths: async () => tlsPaths(section, config, host),
      async reload() {
        const read = (await loadTls(section, config, host))!
        if (isDeepStrictEqual(read.options, tls.get(at)?.options)) return
        tls.set(at, read)
        listener.renew(at, withTrust(at, read.options, clientTrust?.current))
        await followed?.fresh(name)
        log.info({ notAfter: read.notAfter }, 'TLS certificate read again: new connections get it')
        warn(read)
      },
    })
  }
  if (clientTrust) {
    const name = 'the authorities of client certificates'
    watched.push({
      name,
      paths: async () => clientTrust.current.paths,
      async reload() {
        const read = (await loadClientTrust(config, host))!
        if (isDeepStrictEqual(read.options, clientTrust.current.options)) return
        for (const [at, { options }] of tls) listener.renew(at, withTrust(at, options, read))
        clientTrust.current = read
        // What was shown on them was judged by those of before.
        listener.retire()
        await followed?.fresh(name)
        log.info({}, 'authorities of client certificates read again: connections begin anew')
        warn(read)
      },
    })
  }
  return watched
}

/**
 * When an authority or a revocation list ends, so do the connections that were judged by it. Whether they may come back is for the
 * next handshake to say.
 *
 * @param interval how often the clock is looked at, in milliseconds: no timer reaches further than 25 days
 */
export function watchEnds(
  clientTrust: LiveClientTrust,
  clock: Clock,
  listener: Pick<Listener, 'renew' | 'retire'>,
  log: Log,
  interval: number,
): NodeJS.Timeout {
  const past = () => clock.now() - SECOND
  let seen = past()
  const look = () => {
    const now = past()
    if (clientTrust.current.ends.some((end) => seen < end && end <= now)) {
      listener.retire()
      log.info(
        {},
        'an authority of client certificates, or a revocation list, has expired: connections begin anew',
      )
    }
    seen = now
  }
  return setInterval(look, interval).unref()
}

async function keyPaths(
  { token, stateDir }: Pick<Config, 'token' | 'stateDir'>,
  { files }: Pick<HostServices, 'files'>,
): Promise<string[]> {
  if (!token.keys) return await signingFiles(stateDir)
  return token.keys.flatMap(({ certificate, key }) =>
    [certificate, key].flatMap((path) => (path === undefined ? [] : files.resolve(path))),
  )
}

/** The files that the certificate of a section is read from. */
export function tlsPaths(
  { settings }: TlsSection,
  config: Spots & Pick<Config, 'stateDir'>,
  { files }: Pick<HostServices, 'files'>,
): string[] {
  if (settings === 'auto') return TLS_FILES.map((name) => join(config.stateDir, name))
  if ('acme' in settings) return [orderedPath(settings, config, files)]
  return settings.pairs
    .flatMap(({ certificate, key }) => [certificate, key])
    .map((path) => files.resolve(path))
}
