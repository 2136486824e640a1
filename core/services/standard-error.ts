// What a program says on its standard error: the last line of it, which is mostly the one that tells why it failed.
import type { Readable } from 'node:stream'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'

/** Of what it writes, only the end is kept, in bytes. */
const KEPT = 2_048
const LONGEST = 200
/**
 * A process that the program left behind may hold its standard error open: nobody waits for that longer (ms). What the program itself
 * said comes through a cat, which needs its time on a busy machine.
 */
const PATIENCE_MS = 500

/** What the shell around the program says of a signal, which is told anyway. */
const OF_THE_SHELL =
  /^(Killed|Terminated|Aborted|Segmentation fault|Bus error|Illegal instruction)( \(core dumped\))?$/

export class StandardError {
  readonly #stream: Readable
  readonly #ended: Promise<void>
  #tail = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#stream = stream
    this.#ended = new Promise((resolve) => stream.once('close', resolve))
    // To be killed is no fault of the stream.
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-KEPT)
    })
  }

  /** The last line that is not empty, of at most 200 characters; undefined without one. It may hold secrets. */
  async lastLine(): Promise<string | undefined> {
    const patience = new AbortController()
    await Promise.race([
      this.#ended,
      // What was written until now is read in the turn behind the timer: a process that was held up meets both at once.
      delay(PATIENCE_MS, undefined, { signal: patience.signal }).then(turn, () => {}),
    ])
    patience.abort()
    const lines = this.#tail.toString('utf8').split(/[\r\n]+/)
    const line = lines.map(printable).findLast((text) => text !== '' && !OF_THE_SHELL.test(text))
    return line?.slice(0, LONGEST)
  }

  close(): void {
    this.#stream.destroy()
  }
}

function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\uFFFD]+/gu, ' ').trim()
}
