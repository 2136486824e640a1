// What digests the names of an instance's entries: random bytes that the store itself keeps, sealed. So a new key of the store
// changes no name, and `setIfAbsent` finds what was kept before it.
import { randomBytes } from 'node:crypto'
import type { Log } from '../plugin.ts'
import type { Entries, SpaceBounds } from '../store/entries.ts'
import type { Seal } from './seal.ts'

/** No digest has this length. */
const NAMES = 'names'
const NEVER = Number.MAX_SAFE_INTEGER
/** Somebody may empty the store: all nodes have to agree again. */
const LOOK_AGAIN_MS = 10_000

/** What it is kept with. */
export interface NamesParts {
  readonly entries: Entries
  readonly space: string
  readonly seal: Seal
  readonly bounds: SpaceBounds
  readonly log: Log
}

/** @returns gives the bytes; it makes them when there are none, and seals them anew when they are under a former key */
export function createNames({ entries, space, seal, bounds, log }: NamesParts): () => Promise<Buffer> {
  let last: Buffer | undefined
  let looked = Number.NEGATIVE_INFINITY
  let looking: Promise<Buffer> | undefined

  async function keep(secret: Buffer, expected: 'absent' | { value: string }): Promise<boolean> {
    const entry = { value: seal.seal(NAMES, NEVER, secret.toString('hex')), end: NEVER, size: 0 }
    return (await entries.put({ space, id: NAMES, entry, expected, bounds })) === 'kept'
  }

  async function look(): Promise<Buffer> {
    for (;;) {
      const sealed = await entries.get(space, NAMES)
      if (sealed === undefined) {
        const secret = last ?? randomBytes(32)
        if (!(await keep(secret, 'absent'))) continue
        if (!last)
          log.info(
            {},
            'host.store is new, and empty; it belongs to this id: after a renaming of the id, to the former one',
          )
        return secret
      }
      const { text, current } = seal.open(NAMES, sealed)
      const secret = Buffer.from(text, 'hex')
      if (!current) await keep(secret, { value: sealed })
      return secret
    }
  }

  return async () => {
    if (last && performance.now() - looked < LOOK_AGAIN_MS) return last
    looking ??= look().finally(() => {
      looking = undefined
    })
    last = await looking
    looked = performance.now()
    return last
  }
}
