// Where the log's lines go: standard error. What is logged in one turn of the event loop is written together, at its end, and whoever
// answers a client waits for that: nothing is handed out whose line could be lost when the process is killed.
import { writeSync } from 'node:fs'
import { turnOver } from '../work/after-turn.ts'

/** What a pipe takes as a whole or not at all (PIPE_BUF), in bytes: lines of several processes do not mix. */
const MOST_AT_ONCE = 4_096
/** How soon a reader that does not keep up is tried again, in milliseconds. */
const RETRY_MS = 20
/** For so long a process that ends waits for such a reader, in milliseconds. */
const PATIENCE_MS = 1_000
/** About so many characters are kept for such a reader. */
const MOST_KEPT = 16_000_000

/** Takes lines, and writes them in their order. */
export class LineOutput {
  readonly #write: (bytes: Buffer) => number
  readonly #mostKept: number
  /** What is not written yet: several lines in one text. */
  readonly #texts: string[] = []
  #size = 0
  /** Of the last text. */
  #lastBytes = 0
  /** What is left of a text that was written in part. */
  #rest: Buffer | undefined
  /** How many lines were given up. */
  #lost = 0
  #turn: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined

  /**
   * @param write returns how many bytes it has written, or throws; another one for tests
   * @param mostKept characters
   */
  constructor(write = (bytes: Buffer): number => writeSync(2, bytes), mostKept = MOST_KEPT) {
    this.#write = write
    this.#mostKept = mostKept
  }

  /** @param line with its line break */
  write(line: string): void {
    const last = this.#texts.length - 1
    if (this.#size >= this.#mostKept) this.#lost += 1
    else {
      const bytes = Buffer.byteLength(line)
      this.#size += line.length
      this.#lastBytes += bytes
      if (last >= 0 && this.#lastBytes <= MOST_AT_ONCE) this.#texts[last] += line
      else {
        this.#texts.push(line)
        this.#lastBytes = bytes
      }
    }
    this.written()
  }

  /** Resolves at the end of this turn. All is written then; a reader that does not keep up is not waited for. */
  written(): Promise<void> {
    this.#turn ??= turnOver().then(() => {
      this.#turn = undefined
      this.#writeAll()
    })
    return this.#turn
  }

  /** As the logger asks for it. @param done is called when all is written, or nobody reads it */
  flush(done?: () => void): void {
    this.flushSync()
    done?.()
  }

  /** Writes all before it returns, unless the reader has stopped. */
  flushSync(): void {
    const end = performance.now() + PATIENCE_MS
    while (!this.#writeAll() && performance.now() < end)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
  }

  /** @returns whether nothing is left to be written */
  #writeAll(): boolean {
    try {
      for (let bytes = this.#next(); bytes; bytes = this.#next()) {
        this.#rest = bytes
        const count = this.#write(bytes)
        this.#rest = count < bytes.length ? bytes.subarray(count) : undefined
      }
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return this.#forgetAll()
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined
        this.#writeAll()
      }, RETRY_MS).unref()
      return false
    }
  }

  #next(): Buffer | undefined {
    if (this.#rest) return this.#rest
    if (this.#texts.length === 0 && this.#lost > 0) this.#tellOfLoss()
    const text = this.#texts.shift()
    if (text === undefined) return undefined
    this.#size -= text.length
    return Buffer.from(text)
  }

  #tellOfLoss(): void {
    const msg = 'the log was not read for a while: so many lines were given up'
    const facts = { level: 'warn', time: new Date().toISOString(), lines: this.#lost, msg }
    this.#lost = 0
    this.write(`${JSON.stringify(facts)}\n`)
  }

  #forgetAll(): true {
    this.#texts.length = 0
    this.#size = 0
    this.#lost = 0
    this.#rest = undefined
    return true
  }
}
