// Reads a stream as lines of bounded length.
import type { Readable } from 'node:stream'

const NEWLINE = 0x0a

/**
 * The stream's lines, without their ends; text after the last newline is dropped.
 *
 * @param limit the longest line, in bytes
 * @throws Error when a line is longer
 */
export async function* readLines(stream: Readable, limit: number): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start)
      const part = chunk.subarray(start, end === -1 ? undefined : end)
      size += part.length
      if (size > limit) throw new Error(`it wrote a line longer than ${limit} bytes`)
      parts.push(part)
      if (end === -1) break
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      size = 0
      start = end + 1
    }
  }
}
