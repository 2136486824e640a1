// A text that must not be seen: it prints as *** wherever a value may be printed.
import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const MASK = '***'

/**
 * Holds a password, a key or a token. It prints as `***` in logs, JSON, template strings and `util.inspect`;
 * only `reveal()` gives the text.
 *
 * @example
 * const password = new Secret('hunter2')
 * `${password}`        // '***'
 * password.reveal()    // 'hunter2'
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself. Pass it to the backend that needs it and nowhere else. */
  reveal(): string {
    return this.#text
  }

  /** Compares with another secret in constant time. */
  equals(other: Secret): boolean {
    return timingSafeEqual(digest(this.#text), digest(other.#text))
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

/** Equal lengths for timingSafeEqual, and no early exit on the length of the secret. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
