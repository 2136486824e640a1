// A text that must not be seen: it prints as *** wherever a value may be printed.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const MASK = '***'
/** Of this process: nobody else can make its digests, or try texts out on them. */
const KEY = randomBytes(32).toString('base64url')
/** util.inspect.custom, without the import: a plugin author's types then need no types of Node. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

// What this module may read of a secret besides its methods, which plugins see.
let nameOf: (secret: Secret) => string

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
  #name: string | undefined

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

  static {
    nameOf = (secret) => {
      secret.#name ??= secret.#digested().toString('base64url')
      return secret.#name
    }
  }

  /**
   * Digests have one length, as timingSafeEqual needs. Kept, so that a secret is digested once. SHA-512/256 with the key before the text is
   * as good as HMAC (it can not be extended), and costs a fifth.
   */
  #digested(): Buffer {
    this.#digest ??= hash('sha512-256', KEY + this.#text, 'buffer')
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

/**
 * Names a secret in this process: equal for equal secrets, and it tells nothing of them. 43 characters.
 *
 * @example `${secretName(password)} ${account}`
 */
export function secretName(secret: Secret): string {
  return nameOf(secret)
}
