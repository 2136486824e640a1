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

interface Noted {
  readonly secret: string
  /** What the client showed; else something that was kept for it, which may also be no secret. */
  readonly shown: boolean
  /** Undefined: not yet. Most are never searched for. */
  prepared?: MaskedSecret
}

/** The secrets of one request. */
class RequestSecrets {
  readonly #noted: Noted[] = []
  readonly #until = performance.now() + KEPT_MS

  note(secret: string, shown: boolean): void {
    const all = this.#noted
    if (secret !== '' && all.length < MOST_SECRETS && !all.some((noted) => noted.secret === secret))
      all.push({ secret, shown })
  }

  mayStandIn(text: string): boolean {
    this.#forgetInTime()
    // The bytes of a Buffer could be any text.
    return text.includes('"type":"Buffer"') || this.#noted.some((noted) => prepared(noted).mayStandIn(text))
  }

  mask(text: string): string {
    return this.#longestFirst().reduce((left, noted) => prepared(noted).mask(left), text)
  }

  maskShown(text: string): string {
    return this.#longestFirst().reduce(
      (left, noted) => (noted.shown ? prepared(noted).mask(left) : left),
      text,
    )
  }

  /** Another may be a part of the longest. */
  #longestFirst(): Noted[] {
    this.#forgetInTime()
    return this.#noted.toSorted((a, b) => b.secret.length - a.secret.length)
  }

  #forgetInTime(): void {
    if (performance.now() > this.#until) this.#noted.length = 0
  }
}

function prepared(noted: Noted): MaskedSecret {
  noted.prepared ??= maskedSecret(noted.secret)
  return noted.prepared
}

const current = new AsyncLocalStorage<RequestSecrets>()

/** Runs the work of one request, which notes its secrets as it learns them. */
export function withSecrets<T>(work: () => T): T {
  return current.run(new RequestSecrets(), work)
}

/** Notes what the client of the present request shows, and no log may; outside of a request it does nothing. */
export function noteSecret(text: string | null | undefined): void {
  if (text) current.getStore()?.note(text, true)
}

/** What a token or a key looks like, and words with hyphens between them do not: it has a digit, or capitals after small letters. */
const TOKEN_LIKE = /^(?=\D*\d|[^a-z]*[a-z][^A-Z]*[A-Z])[\w.~+/$-]{16,}=*$/

/** Whether a text looks like a token or a key. Chance decides in a few cases. */
export function isTokenLike(text: string): boolean {
  return TOKEN_LIKE.test(text)
}

/** Notes what looks like a token in a value that a plugin keeps. Labels are no secrets, whatever they look like. */
export function noteSecretsIn(value: unknown): void {
  if (typeof value === 'string') {
    if (isTokenLike(value)) current.getStore()?.note(value, false)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, held] of Object.entries(value)) if (name !== 'labels') noteSecretsIn(held)
  }
}

/** Masks the secrets of a request in a text. */
export interface Mask {
  mask(text: string): string
  /** Leaves in what was kept for the client: rules and labels may be about the same words. */
  maskShown(text: string): string
}

/**
 * The secrets of the present request, for a text.
 *
 * @returns undefined when it can't hold any, or there is no request
 */
export function secretsFor(text: string): Mask | undefined {
  const secrets = current.getStore()
  return secrets?.mayStandIn(text) ? secrets : undefined
}
