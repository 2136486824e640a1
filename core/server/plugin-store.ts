// `host.store` of the instances: what seals it, and what has to be there before anybody uses it.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { DependencyContainer, InjectionToken } from 'tsyringe'
import { CLOCK } from '../kit/process.ts'
import { makeStoreKey, readStoreKey } from '../kit/store-key.ts'
import type { Log, State, Store } from '../plugin.ts'
import type { Owner } from '../services/seal.ts'
import { createStore } from '../services/store.ts'
import { ENTRIES } from '../store/entries.ts'
import { createMemoryEntries } from '../store/memory-entries.ts'
import type { StorePlan } from './open-store.ts'

/** Its name in the state directory. */
const KEY_FILE = 'store.key'
const MAKE_ONE = 'make one with: openssl rand -hex 32'

/** The keys that seal what plugins keep. */
export interface StoreKeys {
  /** Why nothing can be kept, with the remedy. */
  readonly fault: string | undefined
  /** @returns undefined when none is there and none may be made. @throws Error when they can't be had */
  read(): Promise<readonly Buffer[] | undefined>
}

/** In the process container. */
export const STORE_KEYS: InjectionToken<StoreKeys> = Symbol('store-keys')

/** @param noStore why there is no store at all */
export function storeKeys(
  { server: { store } }: Pick<StorePlan, 'server'>,
  state: State,
  noStore: string | undefined,
): StoreKeys {
  if (typeof store !== 'object') return once(noStore, () => ownKeys(state))
  const { key } = store
  if (key) return once(noStore, async () => key.map((one) => readStoreKey(one.reveal())!))
  const fault = `needs server.store.key beside redis: the same on all nodes, as !file PATH or !env NAME; ${MAKE_ONE}`
  return once(fault, () => Promise.reject(new Error(fault)))
}

function once(fault: string | undefined, read: StoreKeys['read']): StoreKeys {
  let reading: ReturnType<StoreKeys['read']> | undefined
  return {
    fault,
    read: () => {
      reading ??= read()
      return reading
    },
  }
}

/** Those of the state directory: a line each. */
async function ownKeys(state: State): Promise<readonly Buffer[] | undefined> {
  const path = await state.file(KEY_FILE, async () => makeStoreKey())
  if (path === undefined) return undefined
  const keys = (await readFile(path, 'utf8')).split('\n').flatMap((line) => {
    if (line.trim() === '') return []
    return [readStoreKey(line)]
  })
  if (keys.length === 0 || keys.length > 2 || keys.includes(undefined))
    throw new Error(
      `${path} must have one key a line (for a rotation two: the first seals, both open), each 32 bytes in hexadecimal or base64; put back the one that was there: what plugins have kept can't be opened without it`,
    )
  return keys as Buffer[]
}

/** What an instance is lent, when it asks. */
export interface LentStore {
  /** @throws Error when nothing can be kept */
  readonly lend: () => Store
  /** Has the keys ready when the instance asked. @throws Error when they can't be had */
  prepared(): Promise<void>
}

/** @param process its container */
export function lendStore(owner: Owner, process: DependencyContainer, log: Log): LentStore {
  const keys = process.resolve(STORE_KEYS)
  const clock = process.resolve(CLOCK)
  const entries = process.resolve(ENTRIES)
  let lent: Store | undefined
  return {
    lend() {
      if (keys.fault !== undefined) throw new Error(`host.store ${keys.fault}`)
      lent ??= createStore({
        owner,
        backing: async () => {
          const found = await keys.read()
          // A command that makes nothing: nothing was ever kept, and nothing is.
          if (!found) return { entries: createMemoryEntries(clock), keys: [randomBytes(32)] }
          return { entries, keys: found }
        },
        clock,
        log,
      })
      return lent
    },
    async prepared() {
      if (lent) await keys.read()
    },
  }
}
