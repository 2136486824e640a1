// A password on standard input.
import type { Readable } from 'node:stream'
import { Secret } from '../../plugin.ts'

const MAX_PASSWORD = 64 * 1024
const LATE = Symbol('late')

/**
 * Reads what is handed over on standard input; the end of its line is not a part of it.
 *
 * @param patience milliseconds until somebody who hands over nothing is given up; undefined: none
 * @returns undefined when there is nothing: a terminal, an empty file, or nobody who writes
 * @throws Error when it is too long
 */
export async function readPassword(
  input: Readable & { readonly isTTY?: boolean },
  patience: number | undefined,
): Promise<Secret | undefined> {
  if (input.isTTY) return undefined
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>
  const parts: Buffer[] = []
  let size = 0
  let next = await firstOf(chunks.next(), patience)
  while (next !== LATE && !next.done) {
    const part = Buffer.from(next.value as string)
    size += part.length
    if (size > MAX_PASSWORD) throw new Error('standard input holds more than a password')
    parts.push(part)
    next = await chunks.next()
  }
  if (next === LATE) input.destroy()
  const text = Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  return text === '' ? undefined : new Secret(text)
}

async function firstOf<T>(next: Promise<T>, patience: number | undefined): Promise<T | typeof LATE> {
  if (patience === undefined) return await next
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, patience, LATE)
  })
  try {
    return await Promise.race([next, late])
  } finally {
    clearTimeout(timer)
  }
}
