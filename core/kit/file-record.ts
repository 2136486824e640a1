// Which files were read for something, and what they held: whoever reads one, however deep, notes it in the record that is open.
import { AsyncLocalStorage } from 'node:async_hooks'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

/** What is open: a record, and those around it. */
interface Open {
  readonly record: FileRecord
  readonly around: Open | undefined
}

const records = new AsyncLocalStorage<Open>()

/** The contents of files, by their paths. */
export type FileContents = ReadonlyMap<string, Uint8Array>

/** Files, and what they held when they were read last. */
export class FileRecord {
  readonly #held = new Map<string, string>()
  readonly #contents: Map<string, Uint8Array> | undefined
  /** What files are to hold, whatever they hold by now: as somebody else has read them. */
  readonly given: FileContents

  /** @param keep whether their contents are kept, too */
  constructor({ keep = false, given = new Map() }: { keep?: boolean; given?: FileContents } = {}) {
    this.#contents = keep ? new Map() : undefined
    this.given = given
  }

  /** The contents of some of them; none where they are not kept. */
  contentsOf(paths: Iterable<string>): FileContents {
    const found = [...paths].map((path) => [path, this.#contents?.get(path)] as const)
    return new Map(found.filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined))
  }

  /** Those that held something else than was given: they could only be read as they are now. */
  get strangers(): string[] {
    return [...this.given].flatMap(([path, content]) => {
      const held = this.#held.get(path)
      return held === undefined || held === digestOf(content) ? [] : [path]
    })
  }

  /** The paths of all that were read, or could not be. */
  get paths(): string[] {
    return [...this.#held.keys()]
  }

  note(path: string, content: Uint8Array | undefined): void {
    this.#held.set(path, content ? digestOf(content) : NOTHING)
    if (content) this.#contents?.set(path, content)
  }

  /** Whether these, which may be folders, hold what was read. */
  async isCurrent(paths: Iterable<string> = this.#held.keys()): Promise<boolean> {
    const same = await Promise.all([...paths].map(async (path) => this.#held.get(path) === (await now(path))))
    return !same.includes(false)
  }

  /** Takes what a file or a folder holds now for what was read. */
  async take(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#held.set(path, await now(path))
  }
}

/** Runs something with a record: it notes the files that are read meanwhile, also later by what is begun meanwhile. */
export function recordFiles<T>(record: FileRecord, action: () => T): T {
  return records.run({ record, around: records.getStore() }, action)
}

/** What a file is to hold for whoever reads it now; undefined: what it holds. */
export function givenContent(path: string): Buffer | undefined {
  for (let open = records.getStore(); open; open = open.around) {
    const content = open.record.given.get(path)
    if (content) return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  }
  return undefined
}

/** Notes a file in all records that are open. @param content undefined when it could not be read */
export function noteFile(path: string, content: Uint8Array | undefined): void {
  for (let open = records.getStore(); open; open = open.around) open.record.note(path, content)
}

/** The same of a file that somebody else has read, such as Node. */
export function noteFileNow(path: string): void {
  if (!records.getStore()) return
  let content: Uint8Array | undefined
  try {
    content = readFileSync(path)
  } catch {
    // It is noted as one that can't be read.
  }
  noteFile(path, content)
}

/** Stands for what can't be read. */
const NOTHING = ''

function digestOf(content: Uint8Array | string): string {
  return hash('sha256', content, 'base64')
}

async function now(path: string): Promise<string> {
  try {
    return digestOf(await readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') return NOTHING
    const names = await readdir(path).catch(() => [])
    return digestOf(names.sort().join('\0'))
  }
}
