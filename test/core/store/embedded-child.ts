// A process of its own with embedded stores: embedded-process.ts starts it and sends it calls, whose answers it sends back.

import { createEmbeddedStore } from '../../../core/store/embedded.ts'
import type { Entries } from '../../../core/store/entries.ts'
import type { KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import { keptLog } from '../../../core/testing/host.ts'

/** A call to a store. */
export interface Question {
  readonly call: number
  /** Names the store, which the first call opens. */
  readonly store: number
  readonly folder: string
  readonly method: Method
  readonly args: readonly unknown[]
}

/** Of the store, or of its entries. */
export type Method = keyof TokenStore | `entries.${keyof Entries}`

/** How the call ended; a list as an array. */
export interface Answer {
  readonly call: number
  readonly value?: unknown
  readonly fault?: string
}

const stores = new Map<number, TokenStore>()

process.on('message', async ({ call, store: name, folder, method, args }: Question) => {
  const store = stores.get(name) ?? createEmbeddedStore({ folder, clock: { now: Date.now }, log: keptLog() })
  stores.set(name, store)
  const run = (method.startsWith('entries.')
    ? store.entries[method.slice('entries.'.length) as keyof Entries]
    : store[method as keyof TokenStore]) as unknown as (
    ...args: readonly unknown[]
  ) => Promise<unknown> | AsyncIterable<KeptToken>
  let answer: Answer
  try {
    const result = run(...args)
    answer = { call, value: Symbol.asyncIterator in result ? await Array.fromAsync(result) : await result }
  } catch (error) {
    answer = { call, fault: (error as Error).message }
  }
  process.send!(answer)
})
