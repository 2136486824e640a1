// The keys and the TLS certificate that the configuration names, or those of the state directory.
import { hostname } from 'node:os'
import type { TlsOptions } from 'node:tls'
import type { HostServices } from '../services/host.ts'
import { loadSigningKey, type SigningKey } from '../token/keys.ts'
import { stateKeys, stateTls } from '../token/state-keys.ts'
import type { Config } from './config.ts'
import { ConfigError, type Problem } from './problems.ts'
import { tlsOptions } from './tls.ts'

export interface ServerKeys {
  /** The first one signs; empty when a check finds no state yet. */
  readonly keys: readonly SigningKey[]
  /** The CA file for the registry, when the key is of the state directory. */
  readonly caPath?: string
}

/** Loads the signing keys. @throws Error that names the key and the remedy */
export async function loadKeys(config: Config, host: HostServices): Promise<ServerKeys> {
  const { keys, key_id: keyId, x5c } = config.token
  const common = { keyId, x5c, now: host.clock.now() }
  if (!keys) {
    const own = await stateKeys(host.state, host.clock)
    if (!own) return { keys: [] }
    return {
      keys: [await loadSigningKey({ ...common, ...own, source: config.stateDir })],
      caPath: own.caPath,
    }
  }
  return {
    keys: await Promise.all(
      keys.map(async ({ certificate, key, algorithm }, index) => {
        const at = `token.keys.${index}`
        // As the file words it: docker_auth's form has token.key and server.key.
        const source = config.spotOf(`${at}.key`).path.replace(/\.key$/, '')
        const pair = readPair(config, host, at, { certificate, key })
        return await loadSigningKey({ ...common, ...pair, algorithm, source }).catch((error: Error) => {
          throw located(error, config, at, source)
        })
      }),
    ),
  }
}

interface Pair<C> {
  readonly certificate: C
  readonly key: string
}

/** Reads both files; each fault stands at the key that names the file. */
function readPair<C extends string | undefined>(
  config: Config,
  host: HostServices,
  at: string,
  paths: Pair<C>,
): Pair<C> {
  const problems: Problem[] = []
  const read = <P extends string | undefined>(name: keyof Pair<C>, path: P): P => {
    try {
      return (path === undefined ? path : host.files.read(path)) as P
    } catch (error) {
      const spot = config.spotOf(`${at}.${name}`)
      problems.push({ file: config.file, ...spot, message: (error as Error).message })
      return path
    }
  }
  const pair = { certificate: read('certificate', paths.certificate), key: read('key', paths.key) }
  if (problems.length > 0) throw new ConfigError(problems)
  return pair
}

/** The fault of a key at the place of the file that has it: its message begins with the key's path. */
function located({ message }: Error, config: Config, at: string, source: string): ConfigError {
  const name = ['certificate', 'key'].find((part) => message.startsWith(`${source}.${part}: `))
  const spot = config.spotOf(name === undefined ? at : `${at}.${name}`)
  const rest = name === undefined ? message : message.slice(`${source}.${name}: `.length)
  return new ConfigError([{ file: config.file, ...spot, message: rest }])
}

export interface ServerTls {
  readonly options: TlsOptions
  /** The certificate's file, when the server made it: clients must trust it. */
  readonly madePath?: string
}

/** Loads the TLS certificate. @returns undefined for plain HTTP, or when a check finds no state yet */
export async function loadTls(config: Config, host: HostServices): Promise<ServerTls | undefined> {
  const { tls } = config.server
  if (tls === undefined) return undefined
  if (tls !== 'auto') {
    const { certificate, key } = readPair(config, host, 'server.tls', tls)
    return { options: tlsOptions(certificate, key, tls) }
  }
  const names = ['localhost', hostname(), '127.0.0.1', '::1']
  const own = await stateTls(host.state, host.clock, names)
  return own && { options: tlsOptions(own.certificate, own.key), madePath: own.certificatePath }
}
