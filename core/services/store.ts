// `host.store` of one instance: seals what it keeps, and keeps it in the configured store.
import type { CacheKey, Clock, JsonValue, Log, Store } from '../plugin.ts'
import type { Entries, EntryChange, Expected } from '../store/entries.ts'
import { digestOf } from './key-digest.ts'
import { type Owner, Seal, SealBroken, spaceOf, type Unsealed } from './seal.ts'
import { createNames } from './store-names.ts'

const MOST_ENTRIES = 10_000
const MOST_MIB = 16
const MOST_VALUE_KIB = 64
const LONGEST_MS = 3_650 * 86_400_000
/** One more for the secret of its names. */
const BOUNDS = { entries: MOST_ENTRIES + 1, bytes: MOST_MIB * 1_048_576 }
/** Each failing one means that another node was faster. */
const MOST_ATTEMPTS = 200

/** Where a store keeps what, and the keys that seal it: see Seal. */
export interface Backing {
  readonly entries: Entries
  readonly keys: readonly Buffer[]
}

/** What a store is made of. */
export interface StoreParts {
  readonly owner: Owner
  /** Asked with the first call. */
  readonly backing: () => Promise<Backing>
  readonly clock: Clock
  readonly log: Log
}

interface Opened {
  readonly entries: Entries
  readonly seal: Seal
  readonly names: () => Promise<Buffer>
}

/** Nothing is opened before the first call. */
export function createStore({ owner, backing, clock, log }: StoreParts): Store {
  const space = spaceOf(owner)
  const turns = new Map<string, Promise<unknown>>()
  let opening: Promise<Opened> | undefined

  async function open(): Promise<Opened> {
    const { entries, keys } = await backing()
    const seal = new Seal(keys, owner)
    return { entries, seal, names: createNames({ entries, space, seal, bounds: BOUNDS, log }) }
  }

  function opened(): Promise<Opened> {
    opening ??= open().catch((error) => {
      opening = undefined
      throw error
    })
    return opening
  }

  /** Runs a step with the entry's name in the store. */
  async function at<T>(key: CacheKey, step: (name: string, open: Opened) => Promise<T>): Promise<T> {
    const open = await opened()
    try {
      return await step(digestOf(await open.names(), key), open)
    } catch (error) {
      if (error instanceof SealBroken) throw new Error(brokenSeal(owner))
      throw error
    }
  }

  /** @returns undefined when there is none, or its end has come */
  function read(seal: Seal, name: string, sealed: string | undefined): Unsealed | undefined {
    const found = sealed === undefined ? undefined : seal.open(name, sealed)
    return found && found.end > clock.now() ? found : undefined
  }

  /** @returns false when something else was there than what was expected */
  async function put(
    { entries }: Opened,
    change: Pick<EntryChange, 'id' | 'entry' | 'expected'>,
  ): Promise<boolean> {
    const kept = await entries.put({ space, bounds: BOUNDS, ...change })
    if (kept === 'full') throw new Error(full(owner))
    return kept === 'kept'
  }

  function keep(key: CacheKey, value: JsonValue, given: number, expected: Expected): Promise<boolean> {
    const end = endOf(given, clock.now())
    const text = textOf(value)
    return at(key, (id, open) =>
      put(open, {
        id,
        entry: { value: open.seal.seal(id, end, text), end, size: Buffer.byteLength(text) },
        expected,
      }),
    )
  }

  async function add(id: string, open: Opened, end: number, by: number): Promise<number> {
    const { entries, seal } = open
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const sealed = await entries.get(space, id)
      const found = read(seal, id, sealed)
      const before: unknown = found ? JSON.parse(found.text) : 0
      if (typeof before !== 'number') throw new Error('host.store.increment: the value there is no number')
      const next = before + by
      if (!Number.isSafeInteger(next)) throw new RangeError('host.store.increment: the number is too large')
      const stays = found?.end ?? end
      const text = String(next)
      const entry = { value: seal.seal(id, stays, text), end: stays, size: text.length }
      if (await put(open, { id, entry, expected: sealed === undefined ? 'absent' : { value: sealed } }))
        return next
    }
    throw new Error('host.store.increment: other nodes change the number all the time; try again')
  }

  /** One after the other in this process: they would only be in each other's way. */
  async function inTurn<T>(id: string, step: () => Promise<T>): Promise<T> {
    const before = turns.get(id)
    const turn = (before ?? Promise.resolve()).then(step, step)
    turns.set(id, turn)
    try {
      return await turn
    } finally {
      if (turns.get(id) === turn) turns.delete(id)
    }
  }

  return Object.freeze({
    get: (key) =>
      at(key, async (name, { seal, entries }) => {
        const found = read(seal, name, await entries.get(space, name))
        return found && (JSON.parse(found.text) as JsonValue)
      }),
    async set(key, value, end) {
      await keep(key, value, end, 'any')
    },
    setIfAbsent: async (key, value, end) => await keep(key, value, end, 'absent'),
    async increment(key, given, by = 1) {
      if (!Number.isSafeInteger(by))
        throw new RangeError(`host.store.increment: ${by} must be a whole number`)
      const end = endOf(given, clock.now())
      return await at(key, (name, open) => inTurn(name, () => add(name, open, end, by)))
    },
    delete: (key) => at(key, (name, { entries }) => entries.drop(space, name)),
  } satisfies Store)
}

/** @throws RangeError for what is no time to come, or seconds */
function endOf(given: number, now: number): number {
  if (!(given > now / 2 && given <= now + LONGEST_MS))
    throw new RangeError(
      `host.store: the end ${given} must be milliseconds since the epoch, at most ten years from now`,
    )
  return Math.ceil(given)
}

/** @throws TypeError, RangeError for what can't be kept */
function textOf(value: JsonValue): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('host.store: the value must be one that JSON can carry')
  if (Buffer.byteLength(text) > MOST_VALUE_KIB * 1_024)
    throw new RangeError(`host.store: the value has more than ${MOST_VALUE_KIB} KiB as JSON; keep less of it`)
  return text
}

function full({ id }: Owner): string {
  return `host.store of ${id} is full (${MOST_ENTRIES} entries, ${MOST_MIB} MiB); keep less, delete what is over, or give nearer ends`
}

function brokenSeal({ id }: Owner): string {
  return `what host.store of ${id} keeps can't be opened: it was changed, or sealed with another key; put the former key behind the new one in server.store.key, or rename the id, which begins with an empty store`
}
