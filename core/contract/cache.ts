// What an instance remembers for a while: `host.cache`. The keys are those of `host.store`, too.
import type { Secret } from './secret.ts'

/** A text, a secret, or several of them: they are digested, so that what is remembered tells nobody a password. */
export type CacheKey = string | Secret | readonly (string | Secret)[]

/** How long and how much is remembered. */
export interface CacheOptions {
  /** Milliseconds that a value is good. */
  readonly ttl: number
  /** Values at most; whoever was not asked for the longest is forgotten first. Default: 10,000. */
  readonly max?: number
}

/** What an instance remembers, in the memory of this process. */
export interface Cache<V extends {}> {
  get(key: CacheKey): V | undefined
  set(key: CacheKey, value: V): void
  delete(key: CacheKey): void
  clear(): void
}
