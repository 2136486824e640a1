// The errors that a client may see. Everything else is a fault of ours and shows as a plain 500.
import { maskTokens } from '../kit/masking.ts'

/** What went wrong, in the words of RFC 6749 (section 5.2), RFC 8693 (section 2.2.2) and RFC 8707 (section 2) for POST. */
export type OAuthError =
  | 'invalid_request'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'temporarily_unavailable'
  | 'server_error'

/** An error that is meant for the client: its message is shown. */
export class RequestError extends Error {
  readonly status: number
  /** The registry's code, such as UNAUTHORIZED. */
  readonly code: string
  readonly oauth: OAuthError
  override readonly name: string = 'RequestError'

  constructor(status: number, code: string, oauth: OAuthError, message: string, cause?: unknown) {
    super(message, { cause })
    this.status = status
    this.code = code
    this.oauth = oauth
  }
}

/** The client has closed its connection: nobody is there to be answered. The status is nginx's, for the log alone. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
  readonly status = 499

  constructor() {
    super('the client closed the connection before it was answered')
  }
}

/** 400: the request can't be understood. */
export function malformed(message: string): RequestError {
  return new RequestError(400, 'INVALID_REQUEST', 'invalid_request', message)
}

/** 400: what is asked for can't be understood. */
export function badScope(message: string): RequestError {
  return new RequestError(400, 'INVALID_REQUEST', 'invalid_scope', message)
}

/** 415: the body is written in a way that is not read here. */
export function unsupportedMedia(message: string): RequestError {
  return new RequestError(415, 'INVALID_REQUEST', 'invalid_request', message)
}

/** 400: no tokens are made for what the token is to be for. */
export function wrongTarget(message: string): RequestError {
  return new RequestError(400, 'INVALID_REQUEST', 'invalid_target', message)
}

/** What whoever shows a wrong password or an unknown name is told: both the same. */
export const WRONG_CREDENTIALS = 'wrong user name or password'

/** 401: the password is wrong, or nobody knows the account. */
export class WrongPassword extends RequestError {
  override readonly name = 'WrongPassword'
  /** The authenticator that has rejected it; undefined when none knows the account. */
  readonly by: string | undefined

  constructor(by: string | undefined) {
    super(401, 'UNAUTHORIZED', 'invalid_grant', WRONG_CREDENTIALS)
    this.by = by
  }
}

/** 401: who is asking could not be shown. The message does not tell an unknown account from a wrong password; the cause is for the log. */
export function unauthorized(message: string, cause?: unknown): RequestError {
  return new RequestError(401, 'UNAUTHORIZED', 'invalid_grant', message, cause)
}

/** 429: it is too early for another try. Whether the password is right has not been looked at. */
export class TooEarly extends RequestError {
  override readonly name = 'TooEarly'
  /** Seconds. */
  readonly retryAfter: number

  /** @param what there was too much of */
  constructor(what: string, retryAfter: number) {
    const message = `${what}; wait ${retryAfter} s, then try again with the right password`
    super(429, 'TOOMANYREQUESTS', 'temporarily_unavailable', message)
    this.retryAfter = retryAfter
  }
}

/** 503: somebody who had to be asked could not be; the cause is for the log. */
export function unavailable(cause: unknown): RequestError {
  const message = 'the authentication service is temporarily unavailable; try again'
  return new RequestError(503, 'UNAVAILABLE', 'temporarily_unavailable', message, cause)
}

const UNPRINTABLE = /\p{C}|(?! )\p{Z}|\ufffd/gu
const MAX_QUOTED = 100

/**
 * Quotes a client's text for a message: without tokens of ours, cut to a readable length, and what could change how a terminal or a log viewer
 * shows the message is escaped.
 *
 * @example quote('a\nb') // '"a\\nb"'
 */
export function quote(text: string): string {
  const masked = maskTokens(text)
  const shown = masked.length > MAX_QUOTED ? `${masked.slice(0, MAX_QUOTED)}...` : masked
  return JSON.stringify(shown).replace(UNPRINTABLE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}
