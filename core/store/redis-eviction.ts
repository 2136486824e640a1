// Warns of a Redis that throws keys away when its memory is full: each would be a login that is lost without a trace.
import type { Log } from '../plugin.ts'
import type { RedisConnection } from './redis-connection.ts'

/** @returns a check that warns at most once */
export function createEvictionCheck({ name, call }: RedisConnection, log: Log): () => Promise<void> {
  let warned = false
  return async () => {
    if (warned) return
    // A user without the right to ask can't be warned.
    const info = await call((redis) => redis.info('memory')).catch(() => '')
    const value = (key: string) => new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(info)?.[1]
    const policy = value('maxmemory_policy')
    if (policy === undefined || policy === 'noeviction' || value('maxmemory') === '0') return
    warned = true
    log.warn(
      { policy },
      `${name} drops tokens when its memory is full (maxmemory-policy ${policy}), which ends logins; set noeviction`,
    )
  }
}
