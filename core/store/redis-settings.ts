// How to reach Redis, and what that means to ioredis.
import type { ClusterOptions, RedisOptions } from 'ioredis'
import type { TlsMaterial } from '../kit/tls-files.ts'
import type { Secret } from '../plugin.ts'
import { ENTRY_SCRIPTS } from './redis-entry-scripts.ts'
import { SCRIPTS } from './redis-scripts.ts'

/** A host name or an IP address, and a port. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** The addresses are those of Redis itself, of its sentinels, or of some nodes of a cluster. */
export type RedisMode =
  | { readonly kind: 'single' }
  | { readonly kind: 'sentinel'; readonly master: string; readonly password?: Secret }
  | { readonly kind: 'cluster' }

export interface RedisSettings {
  readonly mode: RedisMode
  /** At least one; exactly one of a single Redis. */
  readonly addresses: readonly RedisAddress[]
  readonly username?: string
  readonly password?: Secret
  /** A cluster has only 0. */
  readonly database: number
  /** Left out: no TLS. Without `ca`, the system's own authorities are trusted. */
  readonly tls?: TlsMaterial
  /** Before each key, such as `dockwarden:`. */
  readonly keyPrefix: string
}

/** How long a call may take in all, in milliseconds. It bridges a restart of Redis. */
export const PATIENCE_MS = 3_000
/** A connection that is silent for so long while an answer is due is dead; what was sent is sent again on the next one. */
const SILENCE_MS = 2_000
const CONNECT_MS = 2_000
const LONGEST_PAUSE_MS = 1_000

/** The pause before the next attempt to connect: short for a restart, never so long that a recovery goes unnoticed. */
const pause = (attempt: number) => Math.min(100 * attempt, LONGEST_PAUSE_MS)

/** What all connections have in common. */
function common({ username, password, tls }: RedisSettings) {
  return {
    ...(username !== undefined && { username }),
    ...(password && { password: password.reveal() }),
    ...(tls && { tls }),
    connectionName: 'dockwarden',
    disableClientInfo: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // Calls have a deadline of their own, and none is begun while an outage lasts: the queue stays short.
    maxRetriesPerRequest: null,
    maxLoadingRetryTime: LONGEST_PAUSE_MS,
  } satisfies RedisOptions
}

/** Options for a single Redis, or for one that sentinels watch. */
export function redisOptions(settings: RedisSettings): RedisOptions {
  const { mode, addresses, database, tls } = settings
  const shared = common(settings)
  return {
    ...shared,
    lazyConnect: true,
    scripts: { ...SCRIPTS, ...ENTRY_SCRIPTS },
    db: database,
    retryStrategy: pause,
    // After a failover, the connection may still lead to what is a replica now.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    ...(mode.kind === 'sentinel'
      ? {
          sentinels: [...addresses],
          name: mode.master,
          ...(mode.password && { sentinelPassword: mode.password.reveal() }),
          sentinelCommandTimeout: SILENCE_MS,
          sentinelRetryStrategy: pause,
          ...(tls && { sentinelTLS: shared.tls, enableTLSForSentinelMode: true }),
        }
      : addresses[0]),
  }
}

/** @param note is told why no node could be asked, where ioredis has no event for it */
export function clusterOptions(settings: RedisSettings, note: (reason: Error) => void): ClusterOptions {
  return {
    lazyConnect: true,
    scripts: { ...SCRIPTS, ...ENTRY_SCRIPTS },
    redisOptions: common(settings),
    clusterRetryStrategy: (attempt, reason) => {
      if (reason) note(reason)
      return pause(attempt)
    },
    // Names stay names: a certificate is checked against them.
    dnsLookup: (host, callback) => callback(null, host),
  }
}
