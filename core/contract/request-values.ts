// The tokens under which every request holds what the server itself knows of it.
import { givenToken, ownToken } from './container-token.ts'
import type { JsonValue } from './json.ts'
import type { Labels } from './labels.ts'
import type { Client, Identity, ResourceRequest } from './request.ts'

/** What was asked of the token endpoint: known from the start of a request. */
export interface TokenRequestFacts {
  readonly service: string
  readonly scopes: readonly ResourceRequest[]
}

/** Where the request came from. */
export const CLIENT = givenToken<Client>('client')
/** The service and scopes asked for. */
export const TOKEN_REQUEST = givenToken<TokenRequestFacts>('token-request')
/** Who was accepted; undefined before authentication. */
export const IDENTITY = givenToken<Identity | undefined>('identity')
/** The labels known so far. */
export const LABELS = givenToken<Labels>('labels')

/** What an issuer says of an account, as it says it. */
export type Claims = Readonly<Record<string, JsonValue>>

/**
 * The claims of whoever was accepted, which the rules of authorizers can read: an authenticator that has some provides them in the
 * request, in `refresh` too. Not there for an account without any.
 */
export const CLAIMS = ownToken<Claims>('claims')
