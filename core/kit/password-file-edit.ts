// Changes one user of a password file, and leaves every other byte as it is: comments, their order, and how lines end.
import { userIn } from './password-file.ts'

/**
 * Gives a user a hash: in the line that he has, or in a new one at the end. Further lines of his, which count for nothing, are removed.
 *
 * @param file the file's bytes; comments may be no UTF-8
 */
export function withHash(file: Buffer, user: string, hash: string): Buffer {
  let found = false
  const lines = linesOf(file).flatMap((line) => {
    const written = textOf(line)
    const entry = userIn(written)
    if (entry?.user !== user) return [line]
    if (found) return []
    found = true
    return [bytesOf(written.slice(0, entry.from) + hash + written.slice(entry.to))]
  })
  return joined(found ? lines : appended(lines, `${user}:${hash}`))
}

/** Removes all lines of a user: one that was left would count from then on. */
export function withoutUser(file: Buffer, user: string): Buffer {
  return joined(linesOf(file).filter((line) => userIn(textOf(line))?.user !== user))
}

/** Bytes as characters, one each, so that nothing is lost of what is no UTF-8. */
type Bytes = string

function linesOf(file: Buffer): Bytes[] {
  return file.toString('latin1').split('\n')
}

function joined(lines: readonly Bytes[]): Buffer {
  return Buffer.from(lines.join('\n'), 'latin1')
}

function textOf(line: Bytes): string {
  return Buffer.from(line, 'latin1').toString('utf8')
}

function bytesOf(text: string): Bytes {
  return Buffer.from(text).toString('latin1')
}

function appended(lines: readonly Bytes[], text: string): Bytes[] {
  const carriageReturn = lines[0]!.endsWith('\r') ? '\r' : ''
  const before = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  const last = before.length - 1
  return [
    // The last line may lack its end.
    ...before.map((line, at) => (at === last && !line.endsWith('\r') ? line + carriageReturn : line)),
    bytesOf(text) + carriageReturn,
    '',
  ]
}
