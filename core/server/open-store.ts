// The token store that the configuration names.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { InjectionToken } from 'tsyringe'
import type { Config, Spots } from '../config/config.ts'
import type { RedisConfig, StoreConfig } from '../config/native/store-schema.ts'
import { withDriver } from '../kit/drivers.ts'
import { type TlsMaterial, tryTlsFiles } from '../kit/tls-files.ts'
import type { Log } from '../plugin.ts'
import type { HostServices } from '../services/host.ts'
import type { StoreWriter } from '../store/embedded-writer.ts'
import type { RedisMode, RedisSettings } from '../store/redis-settings.ts'
import type { TokenStore } from '../store/token-store.ts'
import { ConfigError } from '../yaml/problems.ts'

/** In the house of a process that does not write the embedded store itself: who does. */
export const STORE_WRITER: InjectionToken<StoreWriter> = Symbol('store-writer')

/** What opening needs of a configuration. */
export type StorePlan = Spots &
  Pick<Config, 'stateDir'> & {
    readonly server: { readonly store?: StoreConfig }
  }

/**
 * Says why the store can't keep anything, without making anything.
 *
 * @returns undefined when it can, as far as that shows without the network
 */
export async function whyNoStore({ stateDir, server: { store } }: StorePlan): Promise<string | undefined> {
  if (typeof store === 'object') return undefined
  const embedded = await import('../store/embedded.ts')
  return await embedded.whyNoEmbeddedStore(stateDir)
}

/** Whether there is a store already: then it holds tokens, and has to work. */
export async function hasStore({ stateDir, server: { store } }: StorePlan): Promise<boolean> {
  if (typeof store === 'object') return true
  const { STORE_FILE } = await import('../store/embedded.ts')
  return existsSync(join(stateDir, STORE_FILE))
}

const REDIS_PORT = 6379
const SENTINEL_PORT = 26_379

/**
 * Opens the store. Files are read, but nothing is connected or made before the first call.
 *
 * @param writer writes the embedded one; undefined: this process
 * @throws ConfigError at the key whose file can't be used
 */
export async function openStore(
  config: StorePlan,
  { clock, files }: Pick<HostServices, 'clock' | 'files'>,
  log: Log,
  writer?: StoreWriter,
): Promise<TokenStore> {
  const settings = openRedisSettings(config, files)
  // Each has a library of its own, which takes a while to load.
  if (!settings) {
    const { createEmbeddedStore } = await import('../store/embedded.ts')
    return createEmbeddedStore({ folder: config.stateDir, clock, log, writer })
  }
  const { createRedisStore } = await withDriver('server.store.redis', () => import('../store/redis.ts'))
  return createRedisStore(settings, { clock, log })
}

/**
 * How to reach the Redis that the configuration names.
 *
 * @returns undefined where the store is another
 * @throws ConfigError at the key whose file can't be used
 */
export function openRedisSettings(
  config: StorePlan,
  files: HostServices['files'],
): RedisSettings | undefined {
  const { store } = config.server
  return typeof store === 'object' ? redisSettings(store.redis, config, files) : undefined
}

function redisSettings(redis: RedisConfig, config: StorePlan, files: HostServices['files']): RedisSettings {
  const { username, password, database, key_prefix: keyPrefix } = redis
  const tls = readTls(redis.tls, config, files)
  const defaultPort = redis.sentinel === undefined ? REDIS_PORT : SENTINEL_PORT
  return {
    mode: modeOf(redis),
    addresses: redis.addresses.map(({ host, port = defaultPort }) => ({ host, port })),
    ...(username !== undefined && { username }),
    ...(password && { password }),
    database,
    ...(tls && { tls }),
    keyPrefix,
  }
}

function modeOf({ sentinel: master, sentinel_password: password, cluster }: RedisConfig): RedisMode {
  if (master !== undefined) return { kind: 'sentinel', master, ...(password && { password }) }
  return { kind: cluster ? 'cluster' : 'single' }
}

const AT = 'server.store.redis.tls'

/** Reads the files; each fault stands at the key that names the file. */
function readTls(
  tls: RedisConfig['tls'],
  config: StorePlan,
  files: HostServices['files'],
): TlsMaterial | undefined {
  if (tls === undefined) return undefined
  const { material, faults } = tryTlsFiles(tls === true ? {} : tls, files)
  if (faults.length === 0) return material
  const problems = faults.map(({ option, message }) => {
    const at = option === undefined ? AT : `${AT}.${option}`
    return { file: config.file, ...config.spotOf(at), message }
  })
  throw new ConfigError(problems)
}
