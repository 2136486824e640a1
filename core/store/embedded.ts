// Keeps tokens in a file of the state directory, for the processes of one machine.
//
// Reads are made here, on the event loop: one costs a few microseconds, less than to ask another thread. Writes wait for the
// disk, and are made on a thread of their own.
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { makeStateFile, whyNotWritable } from '../kit/state.ts'
import type { Clock, Log } from '../plugin.ts'
import { createCalls } from './calls.ts'
import { type EntryWrite, KEPT, readEntry } from './embedded-entries.ts'
import { isBusy, StoreFileError } from './embedded-file.ts'
import { EmbeddedPlace } from './embedded-place.ts'
import { EmbeddedReader, markEnd, type OpenReader, PAGE, page } from './embedded-reader.ts'
import {
  fromRow,
  NO_ROOM,
  type Row,
  TO_PROBE,
  toAdd,
  toLease,
  toMark,
  toRelease,
  toRevoke,
  toUse,
  type Write,
} from './embedded-row.ts'
import { EmbeddedWriter, type StoreWriter } from './embedded-writer.ts'
import type { KeptToken, TokenStore } from './token-store.ts'
import { legible } from './token-text.ts'

/** Its name in the state directory. */
export const STORE_FILE = 'store.db'
/** SQLite makes it beside the file. */
const LOG_FILE = `${STORE_FILE}-wal`

/** Says, without making anything, why a store can't be kept in a state directory; undefined when it can. */
export async function whyNoEmbeddedStore(folder: string): Promise<string | undefined> {
  return (await whyNotWritable(folder, STORE_FILE)) ?? (await whyNotWritable(folder, LOG_FILE))
}

/**
 * Opens the store of a state directory. Nothing is made before the first token, lease, mark or entry. A file that somebody removes or
 * replaces meanwhile is let go: before the next write, and within a second before reads.
 *
 * @param parts.folder the state directory
 * @param parts.writer makes the writes; default: a thread of this process
 * @example const store = createEmbeddedStore({ folder: '/var/lib/dockwarden', clock: { now: Date.now }, log })
 */
export function createEmbeddedStore(parts: {
  folder: string
  clock: Clock
  log: Log
  writer?: StoreWriter | undefined
}): TokenStore {
  const { folder, clock, log } = parts
  const path = join(folder, STORE_FILE)
  const calls = createCalls(path)
  const reader = new EmbeddedReader(path)
  const writer = parts.writer ?? new EmbeddedWriter({ path, clock, check: assertThere })
  const place = new EmbeddedPlace(path, letGo)
  let making: Promise<string> | undefined
  let probing: Promise<number> | undefined

  /** The next call opens what stands there then, such as a good copy of a damaged file. */
  function letGo(): void {
    reader.letGo()
    writer.letGo()
  }

  function assertThere(): void {
    assertFile(place, path)
  }

  /** Undefined as long as there is no file: another process may make it. */
  async function read<T>(query: (reader: OpenReader) => T): Promise<T | undefined> {
    if (!(reader.isOpen && place.lookedLately) && !place.look()) return undefined
    return await orLetGo(reader.read(query))
  }

  async function write(change: Write | EntryWrite): Promise<number> {
    const changes = await orLetGo(writer.write(change))
    // The first write makes the log, which belongs to this file.
    place.look()
    return changes
  }

  async function orLetGo<T>(step: Promise<T>): Promise<T> {
    try {
      return await step
    } catch (error) {
      if (!isBusy(error)) letGo()
      throw error
    }
  }

  async function makeFileIfMissing(): Promise<void> {
    if (place.look()) return
    making ??= makeStateFile(folder, STORE_FILE).finally(() => {
      making = undefined
    })
    await making
  }

  async function probe(): Promise<void> {
    if (!place.look()) return
    probing ??= write(TO_PROBE).finally(() => {
      probing = undefined
    })
    await probing
  }

  return {
    add: (token, bound) =>
      calls.make(async () => {
        await makeFileIfMissing()
        const changes = await write(toAdd(token, bound))
        if (changes === 0) throw new Error(`there is a token with the id ${token.id} already`)
        return changes !== NO_ROOM
      }),

    get: (id) =>
      calls.make(async () => {
        const row = (await read(({ get }) => get.get(id))) as Row | undefined
        return row && legible(id, () => fromRow(row))
      }),

    use: (id, use) => calls.make(async () => place.look() && (await write(toUse(id, use))) === 1),

    revoke: (id, revocation) =>
      calls.make(async () => place.look() && (await write(toRevoke(id, revocation))) === 1),

    async *list(filter) {
      for (let last = ''; ; ) {
        const rows = (await calls.make(() => read((open) => page(open, filter, last)))) ?? []
        yield* legibleOf(rows, log)
        if (rows.length < PAGE) return
        last = rows.at(-1)!.id
        // A million tokens must not hold up everything else.
        await setImmediate()
      }
    },

    mark: (id, until) =>
      calls.make(async () => {
        await makeFileIfMissing()
        await write(toMark(id, until))
      }),

    isMarked: (id) => calls.make(async () => ((await read((open) => markEnd(open, id))) ?? 0) > clock.now()),

    lease: (id, owner, ms) =>
      calls.make(async () => {
        await makeFileIfMissing()
        return (await write(toLease(id, owner, ms, clock.now()))) === 1
      }),

    release: (id, owner) =>
      calls.make(async () => {
        if (place.look()) await write(toRelease(id, owner))
      }),

    entries: {
      get: (space, id) =>
        calls.make(() => read(({ database }) => readEntry(database, space, id, clock.now()))),
      put: (change) =>
        calls.make(async () => {
          await makeFileIfMissing()
          return KEPT[await write({ change })]!
        }),
      drop: (space, id) =>
        calls.make(async () => {
          if (place.look()) await write({ drop: { space, id } })
        }),
    },

    ready: () =>
      calls.make(async () => {
        const fault = await whyNoEmbeddedStore(folder)
        if (fault !== undefined) throw new Error(fault)
        // A write: a file that is locked, or whose disk is full, still answers reads.
        await Promise.all([read(({ get }) => get.get('')), probe()])
      }),

    async close() {
      await calls.end()
      await writer.close()
      reader.letGo()
    },
  }
}

/** Makes the writes of stores in other processes, which read the file themselves. @param parts.folder the state directory */
export function createEmbeddedWriter({ folder, clock }: { folder: string; clock: Clock }): StoreWriter {
  const path = join(folder, STORE_FILE)
  const writer = new EmbeddedWriter({ path, clock, check: () => assertFile(place, path) })
  const place = new EmbeddedPlace(path, () => writer.letGo())
  return writer
}

/** @throws StoreFileError when there is none */
function assertFile(place: EmbeddedPlace, path: string): void {
  if (!place.look()) throw new StoreFileError(`${path} was removed just now; try again`)
}

/** One that can't be read must not hide the others. */
function* legibleOf(rows: readonly Row[], log: Log): Iterable<KeptToken> {
  for (const row of rows) {
    let token: KeptToken
    try {
      token = legible(row.id, () => fromRow(row))
    } catch (error) {
      log.warn({ token: row.id }, (error as Error).message)
      continue
    }
    yield token
  }
}
