// Where the embedded stores of a test keep their tokens: a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedStore } from '../../../core/store/embedded.ts'
import type { TokenStore } from '../../../core/store/token-store.ts'
import { keptLog } from '../../../core/testing/host.ts'
import type { StoreBackend } from './conformance.ts'

const MINUTE = 60_000

/** Makes an empty folder; who asks for it removes it. */
export const newFolder = () => mkdtemp(join(tmpdir(), 'dockwarden-embedded-'))

/** A backend whose first store is in this process, and the others where `elsewhere` opens them. */
export async function startBackend(
  elsewhere: (folder: string) => TokenStore = openHere,
): Promise<StoreBackend> {
  const folder = await newFolder()
  let passed = 0
  let opened = 0
  const clock = { now: () => Date.now() + passed }
  return {
    open() {
      opened += 1
      return opened === 1 ? createEmbeddedStore({ folder, clock, log: keptLog() }) : elsewhere(folder)
    },
    async letTimePass(store: TokenStore) {
      // So often it looks for what has ended.
      passed += MINUTE
      await store.ready()
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

/** Opens the store of a folder in this process. */
export function openHere(folder: string): TokenStore {
  return createEmbeddedStore({ folder, clock: { now: Date.now }, log: keptLog() })
}
