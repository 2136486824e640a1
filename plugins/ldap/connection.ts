// One connection to one server: made, secured, asked, given up. Whatever goes wrong with it is a ServerFailure; what the
// server answers is not.
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { Client, type DN, ResultCodeError, type SearchOptions } from 'ldapts'
import { type Entry, readEntry } from './entry.ts'
import { callFailure, LdapRefusal, refusalOf, ServerFailure } from './failures.ts'

/** A server, as the configuration names it. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly security: 'ldaps' | 'starttls' | 'none'
  /** For messages: `ldaps://dc1.example.com:636`. */
  readonly name: string
}

/** What a search is for. */
export interface Search {
  readonly base: string
  readonly filter: string
  readonly attributes: readonly string[]
  /** At most this many entries are wanted. */
  readonly limit?: number
  readonly scope?: SearchOptions['scope']
}

const PAGE_SIZE = 500
/** A firewall forgets a silent connection without telling; the system's probes keep it known, or find it dead. */
const KEEP_ALIVE_MS = 30_000

/** One request at a time; the pools see to that. */
export class Connection {
  readonly #client: Client
  readonly #sockets: Socket[]

  private constructor(client: Client, sockets: Socket[]) {
    this.#client = client
    this.#sockets = sockets
  }

  /**
   * Connects, and speaks TLS when the address says so. Nobody is bound yet.
   *
   * @param tls authorities, client certificate and checks; read at load
   * @throws ServerFailure in words, also when the signal aborts
   */
  static async open(address: Address, tls: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
    const named = { ...tls, host: address.host, ...(isIP(address.host) ? {} : { servername: address.host }) }
    const { host, port, security } = address
    const socket = security === 'ldaps' ? connectTls({ ...named, port }) : connectTcp({ host, port })
    socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true)
    // Until the client listens, an error must not end the process; it shows as a lost connection.
    socket.on('error', () => {})
    const sockets: Socket[] = [socket]
    try {
      await once(socket, security === 'ldaps' ? 'secureConnect' : 'connect', { signal })
      const connection = new Connection(clientOn(sockets), sockets)
      if (security === 'starttls') {
        await connection.#asked(signal, () => connection.#client.startTLS(named))
      }
      return connection
    } catch (error) {
      for (const one of sockets) giveUp(one)
      const said = error instanceof LdapRefusal ? `StartTLS was refused: ${error.message}` : undefined
      throw new ServerFailure(
        said ?? (error instanceof ServerFailure ? error.message : callFailure(error, signal)),
      )
    }
  }

  /** Whether it can't be used any more. */
  get lost(): boolean {
    return this.#sockets.some((socket) => socket.destroyed || socket.readyState !== 'open')
  }

  /**
   * Binds (again) with a name and a password.
   *
   * @throws LdapRefusal when the server says no, ServerFailure when it says nothing
   */
  async bind(name: string, password: string, signal: AbortSignal): Promise<void> {
    // As text, ldapts would take names such as EXTERNAL for a SASL mechanism.
    const dn = { toString: () => name } as DN
    await this.#asked(signal, () => this.#client.bind(dn, password))
  }

  /**
   * The entries that a search finds, referrals left out. Without a limit it asks page by page.
   *
   * @throws LdapRefusal when the server says no, ServerFailure when it says nothing
   */
  async search(search: Search, signal: AbortSignal): Promise<Entry[]> {
    const { base, filter, limit, scope = 'sub' } = search
    // No attribute at all is asked for as 1.1 (RFC 4511, 4.5.1.8); an empty list would be all of them.
    const attributes = search.attributes.length > 0 ? [...search.attributes] : ['1.1']
    const size = limit === undefined ? { paged: { pageSize: PAGE_SIZE } } : { sizeLimit: limit }
    const { searchEntries } = await this.#asked(signal, () =>
      this.#client.search(base, { filter, scope, attributes, ...size }),
    )
    return searchEntries.map(readEntry)
  }

  /** Closes it; what is under way fails. */
  close(): void {
    for (const socket of this.#sockets) giveUp(socket)
  }

  async #asked<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    if (this.lost) throw new ServerFailure('the connection was closed')
    const aborted = Promise.withResolvers<never>()
    const abort = () => {
      this.close()
      aborted.reject(new ServerFailure(callFailure(undefined, signal)))
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([ask(), aborted.promise])
    } catch (error) {
      if (error instanceof ServerFailure) throw error
      if (error instanceof ResultCodeError) throw refusalOf(error)
      this.close()
      throw new ServerFailure(callFailure(error, signal))
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}

/** A client on a socket that is open already. It must never open another one by itself: nobody would be bound there. */
function clientOn(sockets: Socket[]): Client {
  let used = false
  return new Client({
    url: 'ldap://opened.invalid',
    createConnection: (() => {
      if (used) throw new Error('the connection was closed')
      used = true
      return sockets[0]
    }) as unknown as typeof connectTcp,
    createSecureConnection: ((options: ConnectionOptions) => {
      const secured: TLSSocket = connectTls(options)
      sockets.push(secured)
      return secured
    }) as typeof connectTls,
  })
}

function giveUp(socket: Socket): void {
  // The client may have taken its listeners away; a late error must not end the process.
  socket.on('error', () => {})
  socket.destroy()
}
