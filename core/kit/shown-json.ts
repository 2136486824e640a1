// What a service or a program answered, for an explanation: without what is called like a secret, or looks like a token.
import { isSecretName } from './plain-secrets.ts'
import { isTokenLike } from './request-secrets.ts'

const LONGEST = 400

/**
 * A value as short JSON for a sentence.
 *
 * @example shownJson({ ok: true, token: 'x' }) // '{"ok":true,"token":"***"}'
 */
export function shownJson(value: unknown): string {
  const masked = (name: string, held: unknown) => {
    if (name !== '' && isSecretName(name) && held !== null && typeof held !== 'boolean') return '***'
    return typeof held === 'string' && isTokenLike(held) ? '***' : held
  }
  const text = JSON.stringify(value, masked) ?? 'nothing'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text
}
