// A log in memory for tests, which no secret may reach.

/** Shorter ones would be found by chance. */
const LEAST_SECRET = 8

/** Where a log writes; keeps its lines and knows what must not stand in them. */
export class KeptLog {
  /** Everything so far, or since the limit was reached. */
  text = ''
  /** Passwords, hashes and tokens. */
  readonly secrets = new Set<string>()

  readonly #limit: number

  /** @param limit about so many characters are kept; what is dropped is searched for secrets before */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit
  }

  write(line: string): void {
    this.text += line
    if (this.text.length <= this.#limit) return
    this.assertNoSecrets()
    this.text = ''
  }

  /** @throws Error with the line in which a secret stands */
  assertNoSecrets(): void {
    for (const secret of this.secrets) {
      if (secret.length >= LEAST_SECRET && this.text.includes(secret)) {
        const line = this.text.split('\n').find((held) => held.includes(secret))
        throw new Error(`the log holds the secret ${JSON.stringify(secret)}: ${line}`)
      }
    }
  }
}
