// What a running server can't change. A reload applies the rest, and goes on with what this was at the start.
import type { Config } from '../config/config.ts'
import { fingerprintOf } from '../config/fingerprint.ts'
import { listenPlans } from '../config/native/listeners.ts'

type Server = Config['server']

/** Held by what lives as long as the process. */
const AT_START = ['store', 'guard', 'metrics', 'workers'] as const satisfies readonly (keyof Server)[]
const LIMITS_AT_START = [
  'connections',
  'keep_alive',
  'headers',
  'hash_memory',
] as const satisfies readonly (keyof Server['limits'])[]
/** Where connections come in. Which files a certificate is read from can change; whether there is one can't. */
const OF_LISTENER = ['listen', 'socket', 'tls', 'proxy_protocol'] as const satisfies readonly (keyof Server)[]
/** Whom to believe depends on where connections come in: the two must not come from different files. */
const WITH_LISTENER = [
  'client_ip',
  'client_certificate',
  'client_crl',
] as const satisfies readonly (keyof Server)[]

/** A configuration as the running server can take it. */
export interface HeldBack {
  readonly config: Config
  /** The keys that wait for a restart. @example ['server.listen'] */
  readonly keys: readonly string[]
}

/** @param running what is in force, and was at the start as far as it can't change */
export function holdBack(running: Config, read: Config): HeldBack {
  const keys: string[] = []
  const server: Record<string, unknown> = { ...read.server }
  const hold = (key: keyof Server, isHeld: boolean) => {
    if (!isHeld) return
    keys.push(`server.${key}`)
    server[key] = running.server[key]
  }
  const differs = (key: keyof Server) => !isSame(running.server[key], read.server[key])
  for (const key of AT_START) hold(key, differs(key))
  const moved = !isSame(listenersOf(running.server), listenersOf(read.server))
  for (const key of OF_LISTENER) hold(key, moved && differs(key))
  const asks = (running.server.client_ca === undefined) !== (read.server.client_ca === undefined)
  hold('client_ca', asks)
  for (const key of WITH_LISTENER) hold(key, (moved || asks) && differs(key))
  const limits: Record<string, unknown> = { ...read.server.limits }
  for (const key of LIMITS_AT_START) {
    if (isSame(running.server.limits[key], read.server.limits[key])) continue
    keys.push(`server.limits.${key}`)
    limits[key] = running.server.limits[key]
  }
  server.state_dir = running.server.state_dir
  if (read.stateDir !== running.stateDir) keys.push('server.state_dir')
  return {
    config: {
      ...read,
      stateDir: running.stateDir,
      server: { ...server, limits } as unknown as Server,
    },
    keys,
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return fingerprintOf(one) === fingerprintOf(other)
}

/** The addresses, and which of them have TLS and the PROXY protocol. */
function listenersOf(server: Server): unknown {
  return listenPlans(server).map(({ tls, proxies, ...plan }) => ({
    ...plan,
    tls: tls?.at,
    proxied: proxies !== undefined,
  }))
}
