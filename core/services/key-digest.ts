// Digests of the keys under which plugins remember or keep something: they may hold secrets.
import { createHmac } from 'node:crypto'
import { type CacheKey, Secret } from '../plugin.ts'

/**
 * The parts' lengths stand before them: `['ab', 'c']` is not `['a', 'bc']`.
 *
 * @returns HMAC-SHA256 in base64url
 */
export function digestOf(secret: Buffer, key: CacheKey): string {
  const parts = Array.isArray(key) ? key : [key]
  const hmac = createHmac('sha256', secret)
  for (const part of parts as readonly (string | Secret)[]) {
    const text = part instanceof Secret ? part.reveal() : part
    hmac.update(`${text.length}:${text}`)
  }
  return hmac.digest('base64url')
}
