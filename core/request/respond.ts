// The last step: the JSON answer. The one place that maps errors to HTTP.
import { maskTokens } from '../kit/masking.ts'
import { secondText } from '../kit/seconds.ts'
import { Busy, type Secret } from '../plugin.ts'
import { RequestError, TooEarly } from './errors.ts'
import { answerJson, answerText } from './json-answer.ts'
import { scopeText } from './scope.ts'
import type { SignedToken } from './sign.ts'
import type { TokenContext } from './token-context.ts'

type Answered = Pick<TokenContext, 'method' | 'status' | 'body' | 'set'>

const RETRY_AFTER_SECONDS = 5

/**
 * Answers with a token (token.md for GET, oauth.md for POST: one shape serves both).
 *
 * @param issuedTokenType what RFC 8693 calls the token, for an exchange
 */
export function respondToken(
  context: Pick<TokenContext, 'body' | 'set'>,
  issued: Omit<SignedToken, 'jti'>,
  refreshToken: Secret | undefined,
  issuedTokenType: string | undefined,
): void {
  context.set('Cache-Control', 'no-store')
  // Most of the text, and said twice.
  const token = JSON.stringify(issued.token)
  const rest = JSON.stringify({
    token_type: 'Bearer',
    ...(issuedTokenType !== undefined && { issued_token_type: issuedTokenType }),
    expires_in: issued.expiresIn,
    ...(refreshToken && { refresh_token: refreshToken.reveal() }),
    issued_at: secondText(issued.issuedAt.getTime()),
    scope: granted(issued.access),
  })
  answerText(context, `{"token":${token},"access_token":${token},${rest.slice(1)}`)
}

/** As clients write scopes. */
function granted(access: SignedToken['access']): string {
  let scope = ''
  for (const entry of access)
    if (entry.actions.length > 0) scope += `${scope === '' ? '' : ' '}${scopeText(entry)}`
  return scope
}

/**
 * Answers with an error: always JSON, never a stack. What is not meant for the client is a plain 500.
 *
 * @param realm what the challenge of a 401 names: the issuer
 * @returns the status
 */
export function respondError(context: Answered, error: unknown, realm: string): number {
  const shown = toRequestError(error)
  context.status = shown.status
  context.set('Cache-Control', 'no-store')
  if (shown.status === 401) context.set('WWW-Authenticate', `Basic realm=${quoted(realm)}, charset="UTF-8"`)
  setErrorHeaders(context, shown.status, error)
  answerJson(context, errorBody(shown, context.method === 'POST'))
  return shown.status
}

/** What a status asks of the connection and of the client, whatever the body is. */
export function setErrorHeaders(context: Pick<TokenContext, 'set'>, status: number, error: unknown): void {
  if (status === 429 || status === 503) context.set('Retry-After', String(retryAfter(error)))
  // What is left of a refused body is not read: the connection can't be used again.
  if (status === 408 || status === 413) context.set('Connection', 'close')
}

/** Seconds; a line that was too long knows how long. */
function retryAfter(error: unknown): number {
  if (error instanceof Busy || error instanceof TooEarly) return error.retryAfter
  return error instanceof Error ? retryAfter(error.cause) : RETRY_AFTER_SECONDS
}

/** The body of an error; on POST also in the words of RFC 6749. */
export function errorBody({ code, message: whole, oauth }: RequestError, post: boolean): object {
  const message = maskTokens(whole)
  return {
    errors: [{ code, message, detail: null }],
    ...(post && { error: oauth, error_description: message.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'") }),
  }
}

function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  return new RequestError(500, 'INTERNAL', 'server_error', 'the server failed to answer; its log says why')
}

/** A quoted-string of RFC 9110: header values hold ASCII only. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
