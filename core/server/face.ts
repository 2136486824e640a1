// The server as a program starts it that has Dockwarden as a library: what it may know, and nothing of the inside.
import type { Config } from '../config/config.ts'
import { workersOf } from '../config/native/workers-schema.ts'
import type { LogLevel } from '../kit/log-levels.ts'
import { faultsOf } from './generation.ts'
import { createLog } from './log.ts'
import type { Reloaded } from './reload-answer.ts'
import { startServer as start } from './server.ts'

/** A server that accepts requests. */
export interface Server {
  /** `http://127.0.0.1:5001`, `https://...`, or `unix:` and a path. */
  readonly address: string
  /** All of them, where there are several. */
  readonly addresses: readonly string[]
  /** Of the first; undefined on a unix socket. */
  readonly port: number | undefined
  /** Sentences about what is not ready; none when all is. As /readyz, with the reasons. */
  ready(): Promise<readonly string[]>
  /**
   * Reads the configuration's file again, and lets it take over whole; requests that have begun end with what was before. A file that is
   * wrong changes nothing, and the answer says why. What only a restart can change is named in `restart`.
   *
   * @throws Error when the server is stopping
   */
  reload(): Promise<Reloaded>
  /** Stops accepting, finishes what is in flight, closes the plugins. */
  stop(): Promise<void>
}

/** How it is started. */
export interface StartOptions {
  /** How much is logged, on standard error. Default: info. */
  readonly logLevel?: LogLevel
  /** Shows the operator a user and password that were just made; there is no second chance. */
  readonly announce?: (user: { readonly account: string; readonly password: string }) => void
}

/**
 * Starts a server.
 *
 * @param config what `readConfig` gave
 * @throws ConfigError or Error when it can't; nothing is left open then
 * @example const server = await startServer(await readConfig('dockwarden.yml')); await server.stop()
 */
export async function startServer(
  config: Config,
  { logLevel = 'info', announce = () => {} }: StartOptions = {},
): Promise<Server> {
  if (workersOf(config.server) > 1)
    throw new Error(
      'server.workers is for dockwarden serve: a program that starts the server answers in its own process; write server.workers: 1',
    )
  const log = createLog(logLevel)
  const running = await start(config, log, ({ account, password }) =>
    announce({ account, password: password.reveal() }),
  )
  const { address, addresses, port } = running.listener
  return {
    address,
    addresses,
    port,
    ready: () => faultsOf(running.services, log),
    reload: () => running.reload({ by: 'the program' }),
    stop: () => running.stop(),
  }
}
