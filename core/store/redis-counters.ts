// Counters that all nodes share, in Redis: rate-limiter-flexible's. They have a connection of their own on which nothing waits:
// while Redis is away, or does not answer at once, others stand in for them.
//
//   PREFIXguard:KIND:KEY     a counter; it ends by itself
//   PREFIXguard:key          a random key that all nodes have
import { randomBytes } from 'node:crypto'
import { Cluster, Redis } from 'ioredis'
import { RateLimiterRedis, RLWrapperTimeouts } from 'rate-limiter-flexible'
import type { Log } from '../plugin.ts'
import { clusterOptions, type RedisSettings, redisOptions } from './redis-settings.ts'

/** What stands in for a counter, in memory. */
type Insurance = NonNullable<ConstructorParameters<typeof RateLimiterRedis>[0]['insuranceLimiter']>

/** A kind of counter, as far as it is used. */
type Counter = Pick<RLWrapperTimeouts, 'get' | 'set' | 'penalty' | 'reward' | 'block' | 'delete'>

/** Counters in Redis. */
export interface RedisCounters {
  /** @param seconds after which a counter ends, from its first use on @param insurance is asked while Redis is not */
  open(kind: string, seconds: number, insurance: Insurance): Counter
  /** The keys of a kind; undefined while Redis can't be asked. */
  keys(kind: string): Promise<string[] | undefined>
  /** The key that all nodes have; undefined until Redis was asked for it. */
  key(): Buffer | undefined
  /** Is told when what stands in is asked. */
  standIn(): void
  /** Connects, and waits for it a moment. */
  ready(): Promise<void>
  close(): void
}

/** Nobody waits longer for a counter, in milliseconds. */
const PATIENCE_MS = 250
const START_MS = 2_000
const MOST = 1_000_000_000
const PAGE = 500

/** Opens the counters. Nothing is connected before `ready`. */
export function openRedisCounters(settings: RedisSettings, log: Log): RedisCounters {
  const client = open(settings)
  const prefix = `${settings.keyPrefix}guard:`
  let key: Buffer | undefined
  let standing = false
  // Said by whoever stands in.
  client.on('error', () => {})
  client.on('ready', () => {
    if (standing) log.info({}, 'the guard counts in Redis again, with the other nodes')
    standing = false
    void sharedKey(client, `${prefix}key`).then(
      (found) => {
        key = found
      },
      () => {},
    )
  })
  return {
    open(kind, seconds, insurance) {
      const limiter = new RateLimiterRedis({
        storeClient: client,
        rejectIfRedisNotReady: true,
        keyPrefix: prefix + kind,
        points: MOST,
        duration: seconds,
      })
      return new RLWrapperTimeouts({ limiter, timeoutMs: PATIENCE_MS, insuranceLimiter: insurance })
    },
    async keys(kind) {
      if (client.status !== 'ready') return undefined
      const begin = `${prefix}${kind}:`
      return (await scan(client, begin)).map((name) => name.slice(begin.length))
    },
    key: () => key,
    async ready() {
      const connected = client.status === 'wait' ? client.connect() : Promise.resolve()
      const late = new Promise<void>((resolve) => setTimeout(resolve, START_MS).unref())
      await Promise.race([connected.catch(() => {}), late])
    },
    standIn() {
      if (!standing) log.warn({}, AWAY)
      standing = true
    },
    close: () => client.disconnect(),
  }
}

const AWAY =
  'the guard can not count in Redis: this node counts wrong passwords by itself until it can; check server.store.redis, and the rights of its user that docs/nodes.md lists'

/** As the store's, but nothing waits: no queue while it is away, and a connection that is silent is given up. */
function open(settings: RedisSettings): Redis | Cluster {
  const impatient = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    socketTimeout: PATIENCE_MS,
  }
  if (settings.mode.kind !== 'cluster') return new Redis({ ...redisOptions(settings), ...impatient })
  const options = clusterOptions(settings, () => {})
  const nodes = { ...options.redisOptions, ...impatient }
  return new Cluster([...settings.addresses], { ...options, enableOfflineQueue: false, redisOptions: nodes })
}

/** Whoever comes first makes it. */
async function sharedKey(client: Redis | Cluster, name: string): Promise<Buffer | undefined> {
  await client.set(name, randomBytes(32), 'NX')
  return (await client.getBuffer(name)) ?? undefined
}

async function scan(client: Redis | Cluster, begin: string): Promise<string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client]
  const pattern = `${begin.replace(/[*?[\]\\]/g, '\\$&')}*`
  const found: string[] = []
  for (const node of nodes) {
    let cursor = '0'
    do {
      const [next, names] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', PAGE)
      found.push(...names)
      cursor = next
    } while (cursor !== '0')
  }
  return found
}
