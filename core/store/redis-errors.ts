// What goes wrong with Redis, in words. ioredis puts a command's arguments into its errors, the password among them:
// none of its errors leaves this folder, only their messages do.
import { networkReason } from '../kit/network-errors.ts'

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^(WRONGPASS|NOAUTH)|invalid password/, 'check server.store.redis.username and password'],
  [/^NOPERM/, `give Redis's user the rights that docs/nodes.md lists`],
  [/^OOM/, 'raise maxmemory of Redis'],
  [/^MISCONF|No space left/, 'Redis cannot write to its disk; see its log'],
  [/^READONLY/, 'this is a replica; name the master, or set sentinel'],
  [/^(MOVED|ASK|CROSSSLOT)/, 'this is a node of a cluster; set server.store.redis.cluster'],
  [/cluster support disabled/, 'this is no cluster; remove server.store.redis.cluster'],
  [/DB index/, 'check server.store.redis.database'],
  [/SSL|TLS/, 'check server.store.redis.tls'],
]
const UNREACHED = 'check server.store.redis.addresses, and that Redis runs'
const NAMES = {
  server: 'Redis',
  address: 'server.store.redis.addresses',
  tls: 'server.store.redis.tls',
  plain: 'no server.store.redis.tls',
}

/**
 * The error for a store that can't be used.
 *
 * @param name the server, such as `Redis at 127.0.0.1:6379`
 * @param reason with the remedy
 */
export function storeError(name: string, reason: string): Error {
  return new Error(`the token store, ${name}, cannot be used: ${reason}`)
}

/** Why, and the remedy, without what a command was given. */
export function reasonOf(error: unknown): string {
  const { message = String(error), lastNodeError, errors } = error as Partial<ClusterError & AggregateError>
  // A cluster's error says why in another one.
  if (lastNodeError) return reasonOf(lastNodeError)
  if (!message && errors?.length) return reasonOf(errors[0])
  const reason = networkReason(error, NAMES)
  if (reason !== undefined) return reason
  const said = message
    .replace(/,? with args beginning with:.*/s, '')
    .replace(/^Socket timeout\..*/s, 'it is connected but does not answer')
    .replace(/\.$/, '')
  return withRemedy(said, REMEDIES.find(([pattern]) => pattern.test(said))?.[1])
}

/** @param remedy by default what to do when Redis can't be reached */
export function withRemedy(reason: string, remedy = UNREACHED): string {
  return `${reason}; ${remedy}`
}

interface ClusterError extends Error {
  readonly lastNodeError?: Error | null
}

const PASSING = /^(LOADING|READONLY|CLUSTERDOWN|TRYAGAIN|MASTERDOWN)\b/

/** Whether the same command may well succeed in a moment: the connection was lost, or Redis is about to be ready. */
export function isPassing(error: unknown): boolean {
  const { name, message } = error as Error
  return name !== 'ReplyError' || PASSING.test(message)
}
