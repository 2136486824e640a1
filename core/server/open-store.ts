// The token store that the configuration names.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Config } from '../config/config.ts'
import type { RedisConfig, StoreConfig } from '../config/native/store-schema.ts'
import type { Log } from '../plugin.ts'
import type { HostServices } from '../services/host.ts'
import type { RedisMode, RedisSettings, RedisTls } from '../store/redis-settings.ts'
import type { TokenStore } from '../store/token-store.ts'
import { ConfigError, type Problem } from '../yaml/problems.ts'

/** What opening needs of a configuration. */
export type StorePlan = Pick<Config, 'file' | 'stateDir' | 'spotOf'> & {
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
 * @throws ConfigError at the key whose file can't be used
 */
export async function openStore(
  config: StorePlan,
  { clock, files }: Pick<HostServices, 'clock' | 'files'>,
  log: Log,
): Promise<TokenStore> {
  const { store = 'embedded' } = config.server
  // Each has a library of its own, which takes a while to load.
  if (store === 'embedded') {
    const { createEmbeddedStore } = await import('../store/embedded.ts')
    return createEmbeddedStore({ folder: config.stateDir, clock, log })
  }
  const settings = redisSettings(store.redis, config, files)
  const { createRedisStore } = await import('../store/redis.ts')
  return createRedisStore(settings, { clock, log })
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

/** Reads the PEM files; each fault stands at the key that names the file. */
function readTls(
  tls: RedisConfig['tls'],
  config: StorePlan,
  files: HostServices['files'],
): RedisTls | undefined {
  if (tls === undefined) return undefined
  if (tls === true) return {}
  const problems: Problem[] = []
  const fault = (at: string, message: string) =>
    void problems.push({ file: config.file, ...config.spotOf(at), message })
  const read = (name: keyof typeof tls) => {
    const path = tls[name]
    if (path === undefined) return {}
    try {
      const text = files.readPem(path)
      if (text.includes('-----BEGIN ')) return { [name]: text }
      fault(
        `${AT}.${name}`,
        `${files.resolve(path)} is not PEM; write a file with a line -----BEGIN ...-----`,
      )
    } catch (error) {
      fault(`${AT}.${name}`, (error as Error).message)
    }
    return {}
  }
  const material: RedisTls = { ...read('ca'), ...read('certificate'), ...read('key') }
  if (problems.length === 0 && !fitsTogether(material)) {
    fault(
      AT,
      'OpenSSL does not take these files; the key must be that of the certificate, as PEM without a passphrase',
    )
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return material
}

function fitsTogether({ ca, certificate, key }: RedisTls): boolean {
  try {
    createSecureContext({ ca, cert: certificate, key })
    return true
  } catch {
    return false
  }
}
