// The connection to Redis. It is made with the first call and, when it is lost, made anew by itself, without end.
//
// A call waits for a short reconnect, so that a restart of Redis is bridged, but never longer than PATIENCE_MS. Once an
// outage lasts longer than that, calls fail at once: nobody waits for nothing, and nothing is queued up.
import { setTimeout as delay } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import type { Log } from '../plugin.ts'
import type { EntryCommands } from './redis-entry-scripts.ts'
import { isPassing, reasonOf, storeError, withRemedy } from './redis-errors.ts'
import { createOutages, type Outages } from './redis-outages.ts'
import type { ScriptCommands } from './redis-scripts.ts'
import { clusterOptions, PATIENCE_MS, type RedisSettings, redisOptions } from './redis-settings.ts'

type Client = (Redis | Cluster) & ScriptCommands & EntryCommands

export interface RedisConnection {
  /** Such as `Redis at 127.0.0.1:6379`. */
  readonly name: string
  /**
   * Runs a command, and runs it again when the connection was lost: it must give the same when it has run already.
   *
   * @throws Error that names the store and the remedy, and holds nothing of what the command was given
   */
  call<T>(command: (client: Client) => Promise<T>): Promise<T>
  /** Waits for the calls that are under way. */
  close(): Promise<void>
}

const RETRY_MS = 100
const NO_ANSWER = withRemedy(`no answer within ${PATIENCE_MS / 1000} seconds`)

export function openConnection(settings: RedisSettings, log: Log): RedisConnection {
  const name = nameOf(settings)
  const outages = createOutages(log)
  const calls = new Set<Promise<unknown>>()
  let closed = false
  let ended = false
  const lost = (error?: Error) => {
    if (!ended) outages.begin(name, error)
  }
  const client = open(settings, lost, outages)
  client.on('ready', () => outages.end(name))

  async function run<T>(command: (client: Client) => Promise<T>): Promise<T> {
    if (closed) throw new Error(`the token store, ${name}, is closed`)
    if (outages.lasting(name) > PATIENCE_MS) throw storeError(name, outages.reason() ?? NO_ANSWER)
    const deadline = new AbortController()
    const expired = Promise.withResolvers<never>()
    let last: string | undefined
    const timer = setTimeout(() => {
      deadline.abort()
      expired.reject(storeError(name, outages.reason() ?? last ?? NO_ANSWER))
    }, PATIENCE_MS)
    const attempts = async () => {
      for (;;) {
        try {
          return await command(client)
        } catch (error) {
          last = reasonOf(error)
          if (!isPassing(error)) throw storeError(name, last)
        }
        await delay(RETRY_MS, undefined, { signal: deadline.signal })
      }
    }
    try {
      return await Promise.race([attempts(), expired.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    name,
    call(command) {
      const call = run(command)
      calls.add(call)
      const done = () => calls.delete(call)
      call.then(done, done)
      return call
    },
    async close() {
      if (closed) return
      closed = true
      await Promise.allSettled(calls)
      // Nothing is under way any more: there is no answer to wait for, and no outage.
      ended = true
      client.disconnect()
    },
  }
}

function nameOf({ mode, addresses }: RedisSettings): string {
  const list = addresses.map(({ host, port }) => hostPort(host, port)).join(', ')
  if (mode.kind === 'single') return `Redis at ${list}`
  return mode.kind === 'sentinel' ? `Redis ${mode.master} of sentinels ${list}` : `Redis cluster of ${list}`
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

type Lost = (error?: Error) => void

function open(settings: RedisSettings, lost: Lost, outages: Outages): Client {
  const client =
    settings.mode.kind === 'cluster'
      ? openCluster(settings, lost, outages)
      : new Redis(redisOptions(settings))
  client.on('error', lost)
  client.on('close', () => lost())
  return client as Client
}

/** Some of a cluster's nodes can be away while the others go on: each has outages of its own. */
function openCluster(settings: RedisSettings, lost: Lost, outages: Outages): Cluster {
  const client = new Cluster([...settings.addresses], clusterOptions(settings, lost))
  const nameOfNode = ({ options: { host = '', port = 0 } }: Redis) => `Redis node ${hostPort(host, port)}`
  client.on('+node', (node: Redis) => {
    node.on('error', (error: Error) => outages.begin(nameOfNode(node), error))
    node.on('ready', () => outages.end(nameOfNode(node)))
  })
  // Another one has taken the place of a master that is away.
  client.on('refresh', () => {
    for (const replica of client.nodes('slave')) outages.forget(nameOfNode(replica))
  })
  return client
}
