// What it means that a token is good for nothing.

/** The token is good for nothing; the message says why, for the log alone. */
export class TokenRefused extends Error {
  /** Which token it is and whose, as far as that is known. */
  readonly about: { readonly id?: string; readonly account?: string }
  /** What its owner is told, if anything else than that it is not good. */
  readonly remedy: string | undefined

  constructor(reason: string, { id, account }: TokenRefused['about'] = {}, remedy?: string) {
    super(reason)
    this.name = 'TokenRefused'
    this.remedy = remedy
    // No more of it: errors are logged whole.
    this.about = { ...(id !== undefined && { id }), ...(account !== undefined && { account }) }
  }
}
