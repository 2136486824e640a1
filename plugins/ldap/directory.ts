// The directory as a whole: its servers in the order of preference, which of them are down, and their connections.
import type { ConnectionOptions } from 'node:tls'
import { Busy, type Host, untilAborted } from '../../core/plugin.ts'
import { type Address, Connection } from './connection.ts'
import { activeDirectoryReason, LdapRefusal, ServerFailure } from './failures.ts'
import { NoTurn, Pool } from './pool.ts'

export interface DirectoryOptions {
  readonly addresses: readonly Address[]
  readonly tls: ConnectionOptions
  /** For searches, and as many for the users' own binds. */
  readonly connections: number
  /** How long one server may take when there is another one to ask, in milliseconds. */
  readonly serverTimeout: number
  /** Whose connections the searches use, asked when one is opened; undefined: nobody's (anonymous). */
  readonly serviceAccount: (() => Promise<{ name: string; password: string }>) | undefined
}

/** What connections are for: searches, as the service account, or users' own binds, which change whose they are. */
export type Purpose = 'search' | 'login'

interface Server {
  readonly address: Address
  readonly pools: Readonly<Record<Purpose, Pool<Connection>>>
  /** Not asked first until then, in milliseconds since the epoch; 0: it is well. */
  downUntil: number
}

/** How long a server that failed is asked last. */
const DOWN_MS = 5_000
const MAX_IDLE_MS = 60_000

export class Directory {
  readonly #servers: readonly Server[]
  readonly #serverTimeout: number
  readonly #clock: Host['clock']
  readonly #log: Host['log']

  constructor(options: DirectoryOptions, { clock, log, places }: Pick<Host, 'clock' | 'log' | 'places'>) {
    this.#serverTimeout = options.serverTimeout
    this.#clock = clock
    this.#log = log
    this.#servers = options.addresses.map((address) => {
      const open = (signal: AbortSignal) => Connection.open(address, options.tls, signal)
      const bound = async (signal: AbortSignal) => bindService(await open(signal), options, signal)
      const pool = (purpose: string, open: (signal: AbortSignal) => Promise<Connection>) =>
        new Pool({
          place: places.open({ name: `${purpose} at ${address.name}`, size: options.connections }),
          maxIdle: MAX_IDLE_MS,
          now: () => clock.now(),
          open,
        })
      return {
        address,
        pools: { search: pool('searches', bound), login: pool('logins', open) },
        downUntil: 0,
      }
    })
  }

  /**
   * Does a piece of work on a connection to the first server that can be asked. It may be done again, on another
   * connection or server, after it failed half-way.
   *
   * @throws Error naming each server that was tried and why it could not be asked; LdapRefusal for a server's no; Busy of the last
   */
  async use<T>(
    purpose: Purpose,
    signal: AbortSignal,
    work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const failures: string[] = []
    const candidates = this.#candidates()
    for (const [index, server] of candidates.entries()) {
      const last = index === candidates.length - 1
      const patience = last ? signal : AbortSignal.any([signal, AbortSignal.timeout(this.#serverTimeout)])
      try {
        const result = await server.pools[purpose].use(signal, patience, (connection) =>
          work(connection, patience),
        )
        this.#isUp(server)
        return result
      } catch (error) {
        if (error instanceof Busy && last) throw error
        const failure = failureOf(error)
        if (failure === undefined) {
          if (error instanceof LdapRefusal) this.#isUp(server)
          throw named(server, error)
        }
        failures.push(`${server.address.name}: ${failure}`)
        if (!(error instanceof NoTurn || error instanceof Busy)) this.#isDown(server, failure)
        if (signal.aborted) break
      }
    }
    throw new Error(failures.join('; '))
  }

  close(): void {
    for (const { pools } of this.#servers) {
      pools.search.close()
      pools.login.close()
    }
  }

  /** Well ones first. When one's time is up, this call alone tries it; others go on leaving it to the last. */
  #candidates(): Server[] {
    const now = this.#clock.now()
    const down: Server[] = []
    const well: Server[] = []
    for (const server of this.#servers) {
      if (server.downUntil > now) {
        down.push(server)
        continue
      }
      if (server.downUntil > 0) server.downUntil = now + DOWN_MS
      well.push(server)
    }
    return [...well, ...down]
  }

  #isUp(server: Server): void {
    if (server.downUntil > 0)
      this.#log.info({ server: server.address.name }, 'directory server answers again')
    server.downUntil = 0
  }

  #isDown(server: Server, reason: string): void {
    if (server.downUntil === 0) {
      this.#log.warn({ server: server.address.name, reason }, 'directory server could not be asked')
    }
    server.downUntil = this.#clock.now() + DOWN_MS
  }
}

/** Why the next server is to be asked; undefined for what another server would answer alike. */
function failureOf(error: unknown): string | undefined {
  if (error instanceof NoTurn) return 'no free connection in time; the server is slow, or raise `connections`'
  if (error instanceof ServerFailure) return error.message
  if (error instanceof Busy) return error.message
  return error instanceof LdapRefusal && error.unable ? error.message : undefined
}

function named({ address }: Server, error: unknown): Error {
  const { message } = error as Error
  const text = `${address.name}: ${message}`
  return error instanceof LdapRefusal ? new LdapRefusal(error.code, text) : new Error(text)
}

/** Results that are about the name or the password: invalid names, no such entry, inappropriate or wrong credentials. */
const ABOUT_BIND_DN: ReadonlySet<number> = new Set([32, 34, 48, 49])

async function bindService(
  connection: Connection,
  { serviceAccount }: DirectoryOptions,
  signal: AbortSignal,
): Promise<Connection> {
  if (!serviceAccount) return connection
  try {
    const { name, password } = await untilAborted(
      serviceAccount(),
      signal,
      'its password file does not answer',
    )
    await connection.bind(name, password, signal)
    return connection
  } catch (error) {
    connection.close()
    if (!(error instanceof LdapRefusal)) throw error
    const why = activeDirectoryReason(error)
    const remedy = ABOUT_BIND_DN.has(error.code) ? '; correct bind_dn and its password' : ''
    throw new ServerFailure(
      `bind_dn was refused: ${why === undefined ? '' : `${why}: `}${error.message}${remedy}`,
    )
  }
}
