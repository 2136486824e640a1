// An error that the log has in other words than the client, with what the operator can do about it.
import { type OAuthError, RequestError } from '../request/errors.ts'

/** What stands in the log. */
export interface Logged {
  /** Words of ours, never the client's. */
  readonly refusal: string
  readonly hint: string
}

/** An error whose cause is most likely a mistake in how things are set up. */
export class Refusal extends RequestError implements Logged {
  override readonly name = 'Refusal'
  readonly refusal: string
  readonly hint: string

  constructor(status: number, code: string, oauth: OAuthError, message: string, { refusal, hint }: Logged) {
    super(status, code, oauth, message)
    this.refusal = refusal
    this.hint = hint
  }
}
