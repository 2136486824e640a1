// The tokens under which every request holds what the server itself knows of it.
import { givenToken } from './container-token.ts'
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
