// A text that must not be seen: it prints as *** wherever a value may be printed.
import { hash, timingSafeEqual } from 'node:crypto'

const MASK = '***'
/** util.inspect.custom, without the import: a plugin author's types then need no types of Node. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

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
  #digest: Buffer | undefined

  constructor(text: string) {
    this.#text = text
    // Nobody puts another `reveal` on it for those who get it next.
    Object.freeze(this)
  }

  /** The text itself. Pass it to the backend that needs it and nowhere else. */
  reveal(): string {
    return this.#text
  }

  /** Compares with another secret in a time that does not depend on where they differ. */
  equals(other: Secret): boolean {
    return timingSafeEqual(this.#digested(), other.#digested())
  }

  /** Digests have one length, as timingSafeEqual needs. Kept, so that a configured secret is digested once. */
  #digested(): Buffer {
    this.#digest ??= hash('sha256', this.#text, 'buffer')
    return this.#digest
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [INSPECT](): string {
    return MASK
  }
}
