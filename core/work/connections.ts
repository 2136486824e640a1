// Who may hold a connection: at most so many, most of them for nobody alone. Every connection has its place here from the
// moment it is accepted, so that none is forgotten, whatever becomes of TLS and HTTP on it.
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { announcedOwner } from './announced.ts'
import { Connection } from './connection.ts'
import type { ConnectionsOptions } from './connections-options.ts'
import type { Descriptors } from './descriptors.ts'
import { Holder, Holders } from './holders.ts'
import { networkOf } from './network.ts'

/** How much of the descriptors connections may take, whatever is configured. */
const SHARE = 0.8
/** How much of them stays free for files, stores and programs, whatever else is open. */
const RESERVE = 0.05
/** Above this much of the bound, idle connections give way. */
const CROWDED = 0.75
/** How many end at a time, when descriptors are short. */
const MOST_AT_ONCE = 100
/** How many descriptors a request in flight may need: the pipes of a program, or connections and files. */
const DESCRIPTORS_OF_REQUEST = 4
/**
 * For so many descriptors those also give way that were opened just now, and may be a burst whose requests are on their way, and idle
 * ones of proxies.
 */
const DESCRIPTORS_AT_ONCE = 64
/** For how long a count of the descriptors is good enough, in milliseconds. */
const COUNT_MS = 100

/** How many connections a process may have with so many descriptors. */
export function mostWithin({ most }: Descriptors): number {
  return Math.max(1, Math.floor(most * SHARE))
}

/** All connections of a server, at whichever address they came in. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #of = new WeakMap<Socket, Connection>()
  readonly #all = new Map<Connection, Holder>()
  readonly #holders = new Holders()
  readonly #proxies = new Holder()
  /** How many have a request in flight. */
  #busy = 0
  /** Descriptors that are no connections of ours, at the last look. */
  #others = 0
  #counted = Number.NEGATIVE_INFINITY
  /** How many were there when there was no work. */
  #quiet: number | undefined
  /** When the server began to stop, in milliseconds. */
  #stopping: number | undefined

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#countOthers()
  }

  /** How many may be open at once, as things are. */
  get bound(): number {
    const { most, descriptors } = this.#options
    return Math.max(1, Math.min(most, mostWithin(descriptors), this.#free))
  }

  get size(): number {
    return this.#all.size
  }

  /**
   * Takes a connection that was just accepted. Another one may have to end for it: an idle one of the largest holder when many
   * are open, one of its that waits for the client when there is no place left. Nobody loses one to a holder as large as himself.
   *
   * @returns false when it was refused, and closed
   */
  admit(carrier: Socket): boolean {
    const ip = carrier.remoteAddress
    const holder = this.#options.isProxy(ip) ? this.#proxies : this.#holders.of(networkOf(ip))
    if (!this.#makeWay(holder, ip)) {
      carrier.destroy()
      return false
    }
    this.#add(carrier, holder)
    return true
  }

  /** Takes note of what has to come on a connection before its HTTP, or TLS, begins. */
  awaits(carrier: Socket, what: string): void {
    const connection = this.#of.get(carrier)
    if (connection) connection.awaits = what
  }

  /**
   * A proxy has said whose a connection is: from now on it is one of theirs.
   *
   * @param length of what the proxy said, in bytes
   * @returns false when it was refused, and closed
   */
  announced(carrier: Socket, length: number): boolean {
    const connection = this.#of.get(carrier)
    if (!connection || carrier.destroyed) return false
    connection.preamble = length
    connection.awaits = 'TLS handshake'
    if (announcedOwner(carrier) !== 'client') return true
    connection.peer = carrier.remoteAddress
    const holder = this.#holders.of(networkOf(connection.peer))
    this.#remove(connection)
    if (this.#makeWay(holder, connection.peer)) {
      this.#put(connection, holder)
      return true
    }
    connection.destroy()
    return false
  }

  /** Makes room for one more connection. @returns false when there is none for this holder */
  #makeWay(holder: Holder, ip: string | undefined): boolean {
    // Proxies take from any holder.
    const own = holder === this.#proxies ? undefined : holder
    this.#countOthers()
    if (this.size >= this.bound * CROWDED) {
      this.#giveWay(this.#holders.ofLargest(({ oldestIdle }) => oldestIdle, own))
    }
    if (this.size >= this.bound) {
      const waiting = this.#holders.ofLargest((largest) => largest.oldestWaiting(this.#options.now()), own)
      this.#giveWay(waiting ?? (own ? undefined : this.#proxies.oldestIdle))
    }
    if (this.size < this.bound) return true
    this.#options.refused('too many connections', ip)
    return false
  }

  /** The connection that a socket belongs to: its carrier, or the stream on which HTTP is spoken. */
  of(socket: Socket): Connection | undefined {
    return this.#of.get(socket)
  }

  /** The same of a carrier on which nothing is spoken yet. */
  inHandshake(carrier: Socket | undefined): Connection | undefined {
    const connection = carrier && this.#of.get(carrier)
    return connection?.stream ? undefined : connection
  }

  /** HTTP begins on a connection. @param stream its carrier, or TLS on that */
  speaks(connection: Connection | undefined, stream: Socket): void {
    if (!connection) return
    connection.stream = stream
    this.#of.set(stream, connection)
  }

  /** Hands requests on, but for floods of them and those of connections that are to end. */
  serving(handler: RequestListener): RequestListener {
    return (request, response) => {
      const connection = this.#of.get(request.socket)
      // Some of what came in one piece may be left.
      if (!connection || connection.carrier.destroyed || connection.ending !== undefined) return
      if (connection.retired) connection.destroy()
      else if (connection.full) this.#refuse(connection, 'too many requests at once on a connection')
      else {
        connection.begin({ request, response })
        if (this.#isShort()) this.#afterRoom(connection, () => handler(request, response))
        else handler(request, response)
      }
    }
  }

  /** Looks at all of them and closes those whose time is over. To be called again and again. */
  sweep(): void {
    const now = this.#options.now()
    for (const connection of this.#all.keys()) this.#judge(connection, now)
    this.#countOthers()
    this.#makeRoom()
  }

  /** Ends some that are open now: idle ones at once, the others before their next request. @param isMeant which */
  retire(isMeant: (carrier: Socket) => boolean): void {
    for (const connection of this.#all.keys()) {
      if (!isMeant(connection.carrier)) continue
      connection.retired = true
      if (connection.turn === 'nobody') connection.destroy()
    }
  }

  /** From now on, connections end as soon as they have nothing to do. */
  stop(): void {
    this.#stopping = this.#options.now()
    this.sweep()
  }

  /** Ends all, whatever they are at. */
  destroy(): void {
    for (const connection of this.#all.keys()) connection.destroy()
  }

  #add(carrier: Socket, holder: Holder): void {
    const connection: Connection = new Connection(carrier, this.#options.now(), {
      turned: (atRest) => {
        const holder = this.#all.get(connection)
        if (!holder) return
        this.#count(connection, !atRest)
        if (atRest) holder.idle.add(connection)
        else holder.idle.delete(connection)
      },
      ended: () => this.#remove(connection),
    })
    this.#of.set(carrier, connection)
    this.#put(connection, holder)
  }

  #count(connection: Connection, busy: boolean): void {
    if (connection.busy === busy) return
    connection.busy = busy
    this.#busy += busy ? 1 : -1
  }

  #put(connection: Connection, holder: Holder): void {
    this.#all.set(connection, holder)
    holder.all.add(connection)
    this.#holders.keep(holder)
  }

  #remove(connection: Connection): void {
    const holder = this.#all.get(connection)
    if (!holder) return
    this.#all.delete(connection)
    this.#count(connection, false)
    holder.idle.delete(connection)
    holder.all.delete(connection)
    this.#holders.forget(holder)
  }

  /** Descriptors for connections. */
  get #free(): number {
    const { most } = this.#options.descriptors
    return most - Math.ceil(most * RESERVE) - this.#others
  }

  /** Whether the requests in flight may need more descriptors than there are. @param most for so many at the most */
  #isShort(most = Number.POSITIVE_INFINITY): boolean {
    const work = this.#others - (this.#quiet ?? 0)
    const needed = Math.max(0, this.#busy * DESCRIPTORS_OF_REQUEST - work)
    return this.size + Math.min(needed, most) > this.#free
  }

  /** Begins a request when room has been made for it, once all that has come in has been read: what looks idle may have a request. */
  #afterRoom(connection: Connection, begin: () => void): void {
    const make = () => {
      this.#makeRoom()
      if (!connection.carrier.destroyed) begin()
    }
    // In the first turn connections are accepted, in the second they are read.
    setImmediate(() => setImmediate(make))
  }

  /** Whoever waits for its client gives way when the requests in flight may need its descriptor. */
  #makeRoom(): void {
    const now = this.#options.now()
    const before = now - this.#options.patience.linger
    const oldest = (at: number) => this.#holders.ofLargest((holder) => holder.oldestWaiting(at))
    for (let ended = 0; ended < MOST_AT_ONCE && this.#isShort(); ended += 1) {
      const connection =
        oldest(before) ??
        (this.#isShort(DESCRIPTORS_AT_ONCE) ? (this.#proxies.oldestIdle ?? oldest(now)) : undefined)
      if (!connection) return
      this.#giveWay(connection)
    }
  }

  #giveWay(connection: Connection | undefined): void {
    if (!connection) return
    if (connection.turn === 'nobody') connection.destroy()
    else this.#refuse(connection, 'a connection that kept waiting, when there was no room')
  }

  #refuse(connection: Connection, cause: string): void {
    this.#options.refused(cause, connection.peer)
    connection.destroy()
  }

  /** Ends a connection whose time is over. */
  #judge(connection: Connection, now: number): void {
    const { handshake, answer, linger, leave } = this.#options.patience
    const { opened, ending, stream, undelivered, turn, silent, carrier } = connection
    if (ending !== undefined) {
      if (now - ending >= linger) connection.destroy()
    } else if (!stream && now - opened >= handshake) {
      // Whoever has said nothing at all was refused nothing.
      if (carrier.bytesRead > 0) this.#refuse(connection, `${connection.awaits}: too slow`)
      else connection.destroy()
    } else if (undelivered) {
      connection.stalled ??= now
      if (now - connection.stalled >= answer) this.#refuse(connection, 'an answer that was not taken')
    }
    if (this.#stopping === undefined || turn === 'server') return
    // What has just been opened may still bring a request.
    const given = turn === 'nobody' ? 0 : silent ? linger : leave
    if (now - Math.max(opened, this.#stopping) >= given) connection.destroy()
  }

  #countOthers(): void {
    const now = this.#options.now()
    if (now - this.#counted < COUNT_MS) return
    this.#counted = now
    const used = this.#options.descriptors.used()
    if (used === undefined) return
    this.#others = used - this.size
    if (this.#busy === 0 || this.#quiet === undefined) this.#quiet = this.#others
    this.#quiet = Math.min(this.#quiet, this.#others)
  }
}
