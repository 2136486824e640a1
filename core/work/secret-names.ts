// Names for what is told apart by a secret: equal for equal secrets, and they tell nothing of them.
import { hash, randomBytes } from 'node:crypto'

/**
 * Makes names with a key of its own, which nobody else can make or try out. SHA-512/256 with the key before the text is as good as HMAC (it
 * can not be extended), and costs a fifth.
 *
 * @example secretNames()(['ann', password.reveal()])
 */
export function secretNames(): (parts: readonly string[]) => string {
  const key = randomBytes(32).toString('base64url')
  return (parts) => hash('sha512-256', key + JSON.stringify(parts), 'base64')
}
