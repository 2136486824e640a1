// The names of keys in Redis:
//
//   PREFIXtoken:ID           a token (a hash); it ends with the token's `until`
//   PREFIXaccount:DIGEST     the ids of an account's tokens, scored by when they end at the latest (a sorted set)
//   PREFIXclient:DIGEST      the same for a client
//   PREFIXrefresh:DIGEST     an account's refresh tokens that are good (a sorted set): see redis-refresh.ts
//   PREFIXmark:ID            something was so; it ends with the mark
//   PREFIXlease:ID           who has the lease of a token; it ends with the lease
//   PREFIXentry:{SPACE}:ID   what a plugin keeps; it ends with the entry. The braces: all of a space is on one node of a cluster
//   PREFIXends:{SPACE}       the ids of a space, scored by their ends (a sorted set)
//   PREFIXsizes:{SPACE}      their sizes, and their sum under '' (a hash)
//   PREFIXready              written when it is asked whether the store can be used
import { hash } from 'node:crypto'
import type { TokenFilter } from './token-store.ts'

export interface RedisKeys {
  token(id: string): string
  lease(id: string): string
  mark(id: string): string
  /** Of an entry: its own, its space's ends and sizes. */
  entry(space: string, id: string): [string, string, string]
  /** The indexes that hold a token of this account and this client. */
  indexes(of: TokenFilter): string[]
  /** The index of an account's refresh tokens that are good. */
  refresh(account: string): string
  /** The pattern that fits the tokens' keys. */
  readonly allTokens: string
  /** The id in the key of a token. */
  idOf(key: string): string
  readonly ready: string
}

export function createRedisKeys(prefix: string): RedisKeys {
  const tokens = `${prefix}token:`
  return {
    token: (id) => tokens + id,
    lease: (id) => `${prefix}lease:${id}`,
    mark: (id) => `${prefix}mark:${id}`,
    entry: (space, id) => [
      `${prefix}entry:{${space}}:${id}`,
      `${prefix}ends:{${space}}`,
      `${prefix}sizes:{${space}}`,
    ],
    indexes: ({ account, client }) => [
      ...(account === undefined ? [] : [`${prefix}account:${digest(account)}`]),
      ...(client === undefined ? [] : [`${prefix}client:${digest(client)}`]),
    ],
    refresh: (account) => `${prefix}refresh:${digest(account)}`,
    allTokens: `${tokens.replace(/[*?[\]\\]/g, '\\$&')}*`,
    idOf: (key) => key.slice(tokens.length),
    ready: `${prefix}ready`,
  }
}

/** A name can be anything, of any length. Who looks there still compares the name. */
function digest(name: string): string {
  return hash('sha256', name, 'base64url')
}
