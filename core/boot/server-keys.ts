// The keys and the TLS certificate that the configuration names, or those of the state directory.
import { hostname } from 'node:os'
import type { TlsOptions } from 'node:tls'
import type { HostServices } from '../services/host.ts'
import { loadSigningKey, type SigningKey } from '../token/keys.ts'
import { stateKeys, stateTls } from '../token/state-keys.ts'
import type { Config } from './config.ts'
import { ConfigError } from './problems.ts'
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
      keys.map(({ certificate, key, algorithm }, index) =>
        loadSigningKey({
          ...common,
          certificate: certificate && read(config, host, `token.keys.${index}.certificate`, certificate),
          key: read(config, host, `token.keys.${index}.key`, key),
          algorithm,
          // As the file words it: docker_auth's form has token.key and server.key.
          source: config.spotOf(`token.keys.${index}.key`).path.replace(/\.key$/, ''),
        }),
      ),
    ),
  }
}

/** Reads a file; the fault stands at the key that names it. */
function read(config: Config, host: HostServices, key: string, path: string): string {
  try {
    return host.files.read(path)
  } catch (error) {
    throw new ConfigError([{ file: config.file, ...config.spotOf(key), message: (error as Error).message }])
  }
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
    const certificate = read(config, host, 'server.tls.certificate', tls.certificate)
    const key = read(config, host, 'server.tls.key', tls.key)
    return { options: tlsOptions(certificate, key, tls) }
  }
  const names = ['localhost', hostname(), '127.0.0.1', '::1']
  const own = await stateTls(host.state, host.clock, names)
  return own && { options: tlsOptions(own.certificate, own.key), madePath: own.certificatePath }
}
