// The keys that seal what plugins keep in the store.
import { randomBytes } from 'node:crypto'

const BYTES = 32

/**
 * Reads a key: 32 bytes in hexadecimal or base64.
 *
 * @returns undefined for anything else
 * @example readStoreKey('0f'.repeat(32))
 */
export function readStoreKey(text: string): Buffer | undefined {
  const written = text.trim()
  if (/^[\da-f]{64}$/i.test(written)) return Buffer.from(written, 'hex')
  // Node reads both alphabets of base64.
  if (!/^[\w+/-]{43}=?$/.test(written)) return undefined
  const key = Buffer.from(written, 'base64')
  return key.length === BYTES ? key : undefined
}

/** Makes a key, as the text of its file. */
export function makeStoreKey(): string {
  return `${randomBytes(BYTES).toString('hex')}\n`
}
