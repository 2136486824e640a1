// What a request in flight must not show: its password, its tokens, what was kept with them. Whatever is logged in its course is
// cleared of them, by the log itself.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type MaskedSecret, maskedSecret } from './masking.ts'

/** More than any form, header and session together hold. */
const MOST_SECRETS = 200
/**
 * After so long, in milliseconds, no work of a request is left; but what it opened for others (a pool of connections) may still
 * be there, and would keep them.
 */
const KEPT_MS = 5 * 60_000

/** The secrets of one request. */
class RequestSecrets {
  /** Undefined: not prepared yet. Most are never searched for. */
  readonly #secrets = new Map<string, MaskedSecret | undefined>()
  readonly #until = performance.now() + KEPT_MS

  note(secret: string): void {
    if (secret !== '' && this.#secrets.size < MOST_SECRETS && !this.#secrets.has(secret))
      this.#secrets.set(secret, undefined)
  }

  mayStandIn(text: string): boolean {
    // The bytes of a Buffer could be any text.
    return text.includes('"type":"Buffer"') || this.#prepared().some((secret) => secret.mayStandIn(text))
  }

  mask(text: string): string {
    return this.#prepared().reduce((left, secret) => secret.mask(left), text)
  }

  /** The longest first: another may be a part of it. */
  #prepared(): MaskedSecret[] {
    if (performance.now() > this.#until) this.#secrets.clear()
    const texts = [...this.#secrets.keys()].sort((a, b) => b.length - a.length)
    return texts.map((text) => {
      const prepared = this.#secrets.get(text) ?? maskedSecret(text)
      this.#secrets.set(text, prepared)
      return prepared
    })
  }
}

const current = new AsyncLocalStorage<RequestSecrets>()

/** Runs the work of one request, which notes its secrets as it learns them. */
export function withSecrets<T>(work: () => T): T {
  return current.run(new RequestSecrets(), work)
}

/** Notes a text of the present request that no log may show; outside of a request it does nothing. */
export function noteSecret(text: string | null | undefined): void {
  if (text) current.getStore()?.note(text)
}

/** What a token or a key looks like, and a name or a sentence does not. */
const TOKEN_LIKE = /^[\w.~+/$-]{16,}=*$/

/** Notes what looks like a token in a value that a plugin keeps. Labels are no secrets, whatever they look like. */
export function noteSecretsIn(value: unknown): void {
  if (typeof value === 'string') {
    if (TOKEN_LIKE.test(value)) noteSecret(value)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, held] of Object.entries(value)) if (name !== 'labels') noteSecretsIn(held)
  }
}

/**
 * The secrets of the present request, for a text.
 *
 * @returns undefined when it can't hold any, or there is no request
 */
export function secretsFor(text: string): { mask(text: string): string } | undefined {
  const secrets = current.getStore()
  return secrets?.mayStandIn(text) ? secrets : undefined
}
