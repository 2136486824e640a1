// Token exchange (RFC 8693): a token of somebody else is traded for one of ours. What the form may say, and what not.
import { type Credentials, Secret } from '../plugin.ts'
import { malformed, quote, RequestError, wrongTarget } from './errors.ts'

/** The `grant_type` of a token exchange. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** Parameters of it that hold a token, which must not stand in a URL. */
export const EXCHANGED = ['subject_token', 'actor_token']
/** What the form has besides the subject token when somebody acts for somebody else. */
const ACTING = ['actor_token', 'actor_token_type']
/** Parameters of it that stand there once. */
export const SINGLE_IN_EXCHANGE = [...EXCHANGED, 'subject_token_type', 'requested_token_type']

const type = (name: string) => `urn:ietf:params:oauth:token-type:${name}`
const SUBJECTS = [type('jwt'), type('id_token'), type('access_token')]
const ISSUED = [type('access_token'), type('jwt')] as const

/** A refresh token, a personal access token, or the cookie of a browser that is signed in here. */
const OURS = /^dw[a-z]_/

/** The form of a token exchange; undefined for every other request. */
export function exchangeForm(form: URLSearchParams | undefined): URLSearchParams | undefined {
  return form?.get('grant_type') === TOKEN_EXCHANGE ? form : undefined
}

/**
 * Reads the subject token, which says who is asking.
 *
 * @throws RequestError 400 that says what to write instead
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.1
 */
export function readExchange(form: URLSearchParams): Credentials {
  const token = form.get('subject_token') ?? ''
  if (token === '') throw malformed('a token exchange needs subject_token')
  if (OURS.test(token)) {
    throw malformed(
      'the subject_token is a token of this server; send a refresh token with grant_type=refresh_token, and a personal access token as the password',
    )
  }
  const kind = form.get('subject_token_type') ?? ''
  if (!SUBJECTS.includes(kind)) {
    throw malformed(`subject_token_type ${quote(kind)} is not supported; use ${SUBJECTS.join(', ')}`)
  }
  if (ACTING.some((name) => isGiven(form, name))) {
    throw malformed('actor_token is not supported: nobody acts for somebody else here; leave it out')
  }
  if (isGiven(form, 'resource')) throw wrongTarget('resource is not supported; name the registry in audience')
  return { kind: 'token', account: '', password: new Secret(token) }
}

/** A parameter without a value is as good as left out (RFC 6749, section 3.2), but the first one is not the only one. */
function isGiven(form: URLSearchParams, name: string): boolean {
  return form.getAll(name).some((value) => value !== '')
}

/**
 * The type of the token that is asked for. All are the same one: an access token that is a JWT.
 *
 * @returns undefined when this is no token exchange
 * @throws RequestError 400 for another type
 */
export function issuedTokenType(form: URLSearchParams | undefined): string | undefined {
  const exchange = exchangeForm(form)
  if (!exchange) return undefined
  const wanted = exchange.get('requested_token_type') || ISSUED[0]
  const known = ISSUED.find((name) => name === wanted)
  if (known !== undefined) return known
  throw malformed(
    `requested_token_type ${quote(wanted)} is not supported; use ${ISSUED[0]}, and access_type=offline for a refresh token beside it`,
  )
}

/**
 * The registry that the token is for.
 *
 * @param names all that the request has as `audience` and as `service`, which mean the same; empty ones name nothing
 * @throws RequestError 400 for more than one: a token is for one registry
 */
export function targetOf(names: readonly string[]): string {
  const [first = '', ...others] = new Set(names.filter((name) => name !== ''))
  if (others.length === 0) return first
  throw wrongTarget('audience and service name more than one registry; ask for a token for each')
}

/** 400: nobody here takes tokens of others. */
export function noExchange(): RequestError {
  const message =
    'this server exchanges no tokens: none of its authenticators takes them (jwt does); use password or refresh_token'
  return new RequestError(400, 'UNSUPPORTED', 'unsupported_grant_type', message)
}

/** 400 (RFC 8693, section 2.2.2): the subject token is good for nothing here. The cause is for the log. */
export function refusedSubject(cause?: unknown): RequestError {
  const message = 'the subject_token is not accepted; the log of the token server says why'
  return new RequestError(400, 'UNAUTHORIZED', 'invalid_request', message, cause)
}
