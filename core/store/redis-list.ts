// Finds the tokens that a filter means: by an index, or, when all are meant, by going through the keys of each master.
import type { Log } from '../plugin.ts'
import { openConnection, type RedisConnection } from './redis-connection.ts'
import { fromFields } from './redis-entry.ts'
import type { RedisKeys } from './redis-keys.ts'
import type { RedisAddress, RedisSettings } from './redis-settings.ts'
import type { KeptToken, TokenFilter } from './token-store.ts'
import { legible } from './token-text.ts'

const PAGE = 200

/** The parts of an open store that listing needs. */
export interface Source {
  readonly connection: RedisConnection
  readonly keys: RedisKeys
  readonly settings: RedisSettings
  readonly log: Log
}

/** As `TokenStore.list`. */
export async function* listTokens(source: Source, filter: TokenFilter): AsyncGenerator<KeptToken> {
  const { account, client } = filter
  const [index] = source.keys.indexes({ account, client })
  const pages = index === undefined ? pagesOfAll(source) : pagesOf(source, index)
  // Redis may name one twice while its table grows.
  const seen = new Set<string>()
  for await (const ids of pages) {
    const fresh = ids.filter((id) => !seen.has(id))
    for (const id of fresh) seen.add(id)
    const gone: string[] = []
    for (const [id, fields] of await readAll(source, fresh)) {
      let token: KeptToken | undefined
      try {
        token = legible(id, () => fromFields(fields))
      } catch (error) {
        // One that can't be read must not hide the others.
        source.log.warn({ token: id }, (error as Error).message)
        continue
      }
      if (!token) gone.push(id)
      else if (fits(token, filter)) yield token
    }
    if (index !== undefined) await dropGone(source.connection, index, gone)
  }
}

function fits(token: KeptToken, { account, client }: TokenFilter): boolean {
  return (
    (account === undefined || token.account === account) && (client === undefined || token.client === client)
  )
}

function readAll({ connection, keys }: Source, ids: readonly string[]) {
  return Promise.all(
    ids.map(async (id) => {
      const fields = await connection.call((redis) => redis.hgetall(keys.token(id)))
      return [id, fields] as const
    }),
  )
}

/** Ids are indexed after their token is written, and never used again: one without a token stays without. */
export async function dropGone(
  connection: RedisConnection,
  index: string,
  gone: readonly string[],
): Promise<void> {
  if (gone.length > 0) await connection.call((redis) => redis.zrem(index, ...gone))
}

async function* pagesOf({ connection }: Source, index: string): AsyncGenerator<string[]> {
  let cursor = '0'
  do {
    const from = cursor
    const [next, found] = await connection.call((redis) => redis.zscan(index, from, 'COUNT', PAGE))
    // Each id is followed by its score.
    yield found.filter((_, place) => place % 2 === 0)
    cursor = next
  } while (cursor !== '0')
}

async function* pagesOfAll(source: Source): AsyncGenerator<string[]> {
  const { keys } = source
  for await (const master of masters(source)) {
    let cursor = '0'
    do {
      const from = cursor
      const [next, found] = await master.call((redis) =>
        redis.scan(from, 'MATCH', keys.allTokens, 'COUNT', PAGE),
      )
      yield found.map(keys.idOf)
      cursor = next
    } while (cursor !== '0')
  }
}

/** A connection to each Redis that holds a part of the keys. A cluster's are opened for the purpose. */
async function* masters({ connection, settings, log }: Source): AsyncGenerator<RedisConnection> {
  if (settings.mode.kind !== 'cluster') return yield connection
  // Each range of slots: its first and last, its master, its replicas.
  const slots = await connection.call((redis) => redis.cluster('SLOTS'))
  const addresses = new Map<string, RedisAddress>()
  for (const [, , master] of slots) {
    if (master) addresses.set(`${master[0]} ${master[1]}`, { host: master[0], port: master[1] })
  }
  for (const address of addresses.values()) {
    const node = openConnection({ ...settings, mode: { kind: 'single' }, addresses: [address] }, log)
    try {
      yield node
    } finally {
      await node.close()
    }
  }
}
