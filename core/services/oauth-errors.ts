// What went wrong at an OAuth provider, sorted: a refusal is an answer; everything else means that it can't be asked, or
// that something is set up wrongly. The provider's own words are cut, made printable and cleared of what is secret.
import type { ClientError } from 'openid-client'
import { OAuthRefused } from '../plugin.ts'
import { openid } from './openid.ts'

/** Puts a text of the provider into quotes, fit for logs and pages. */
export type Quote = (text: string) => string

/** What a provider says when it refuses (RFC 6749, section 5.2). */
export interface ErrorBody {
  readonly error: string
  readonly error_description?: unknown
}

const MOST_CHARACTERS = 200
/** What is looked at of a text at all: anybody can send one, as long as a URL may be. */
const MOST_READ = 2_000
const DAMAGED = 'it is damaged'

/** Errors that are about the person, the code or the token: answers. All others are about this client or the provider. */
const REFUSALS: ReadonlySet<string> = new Set([
  'access_denied',
  'account_selection_required',
  'consent_required',
  'interaction_required',
  'invalid_grant',
  'login_required',
  // GitHub's own.
  'bad_refresh_token',
  'bad_verification_code',
  'unverified_user_email',
])

const COMPARE_CLIENT =
  'compare client_id, client_secret and client_authentication with what is registered there'
const ASK_LATER = "it is out of order; see the provider's own log"

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['invalid_client', COMPARE_CLIENT],
  ['incorrect_client_credentials', COMPARE_CLIENT],
  ['unauthorized_client', 'allow the authorization code and the refresh token for this client there'],
  ['unsupported_grant_type', 'allow the authorization code and the refresh token for this client there'],
  ['unsupported_response_type', 'allow the authorization code flow for this client there'],
  ['redirect_uri_mismatch', 'register redirect_url for this client there, letter by letter'],
  ['invalid_scope', 'correct `scopes`, or allow them for this client there'],
  ['application_suspended', 'the provider has suspended this client; ask it why'],
  ['server_error', ASK_LATER],
  ['temporarily_unavailable', ASK_LATER],
])

/**
 * @param secrets what a text must not show, whoever repeats it
 * @example quoteFor(['s3cret'])('bad s3cret') // '"bad ***"'
 */
export function quoteFor(secrets: readonly string[]): Quote {
  return (text) => {
    const cleared = secrets
      .filter((secret) => secret !== '')
      .reduce((left, secret) => left.replaceAll(secret, '***'), text)
      .slice(0, MOST_READ)
      .replaceAll(/(https?:\/\/[^\s?#]*)[?#]\S*/gi, '$1')
      .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    const short = cleared.length > MOST_CHARACTERS ? `${cleared.slice(0, MOST_CHARACTERS)}...` : cleared
    return JSON.stringify(short)
  }
}

/** The error for one that the provider named at the token endpoint. */
export function namedError(origin: string, { error, error_description }: ErrorBody, quote: Quote): Error {
  const said = `${quote(error)}${descriptionOf(error_description, quote)}`
  if (REFUSALS.has(error)) return new OAuthRefused(`${origin} refused: ${said}`)
  return new Error(`${origin} answered ${said}; ${REMEDIES.get(error) ?? "see the provider's own log"}`)
}

function descriptionOf(text: unknown, quote: Quote): string {
  return typeof text === 'string' ? `: ${quote(text)}` : ''
}

/** Errors with which a provider says that it is out of order. */
const OUTAGES: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable'])

/**
 * The error for one in the callback. Whoever has a browser can write it: only what says so is an outage, and nothing is the
 * provider's word.
 */
function callbackError(origin: string, { error, error_description }: ErrorBody, quote: Quote): Error {
  const description = descriptionOf(error_description, quote)
  if (error === 'access_denied') {
    return new OAuthRefused(`the sign-in was cancelled or denied at ${origin}${description}`)
  }
  if (OUTAGES.has(error)) return namedError(origin, { error, error_description }, quote)
  const remedy = REMEDIES.get(error)
  const said = `the browser came back from ${origin} with ${quote(error)}${description}`
  return new OAuthRefused(remedy === undefined ? said : `${said}; ${remedy}`)
}

/**
 * The error for one that openid-client threw. What came over HTTP was whole and of the right form (see oauth-fetch.ts), so
 * it is about the callback's parameters, an ID token or a userinfo: they are not what the provider was to send.
 */
export function unacceptable(error: unknown, origin: string, quote: Quote): Error {
  if (error instanceof openid().AuthorizationResponseError) return callbackError(origin, error, quote)
  const reason = error instanceof openid().ClientError ? reasonOf(error) : DAMAGED
  return new OAuthRefused(`the answer of ${origin} is refused: ${reason}`)
}

function reasonOf({ code, cause, message }: ClientError): string {
  // The library's causes: an error with a fixed sentence, and in its own cause the claim that is meant.
  const { message: sentence = message, cause: facts } = (cause ?? {}) as { message?: string; cause?: unknown }
  const { claim, attribute } = (facts ?? {}) as { claim?: string; attribute?: string }
  switch (code) {
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return `the ID token has another "${claim}" than was expected`
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return `the ID token is not valid at this time ("${claim}"); compare the clocks`
    case 'OAUTH_KEY_SELECTION_FAILED':
      return 'the ID token names no key of the provider'
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return `the userinfo has another "${attribute}" than the ID token`
    case 'OAUTH_INVALID_RESPONSE':
    case 'OAUTH_UNSUPPORTED_OPERATION':
      return sentence
    default:
      return DAMAGED
  }
}
