// The names under which a request's container holds its values. A plugin can resolve these and nothing else.

import type { Token } from './container-token.ts'
import type { Labels } from './labels.ts'
import type { Client, Identity, ResourceRequest } from './request.ts'

/** What was asked of the token endpoint: known from the start of a request. */
export interface TokenRequestFacts {
  readonly service: string
  readonly scopes: readonly ResourceRequest[]
}

/** Where the request came from. */
export const CLIENT: Token<Client> = Symbol('dockwarden.client')
/** The service and scopes asked for. */
export const TOKEN_REQUEST: Token<TokenRequestFacts> = Symbol('dockwarden.token-request')
/** Who was accepted; undefined before authentication. */
export const IDENTITY: Token<Identity | undefined> = Symbol('dockwarden.identity')
/** The labels known so far. */
export const LABELS: Token<Labels> = Symbol('dockwarden.labels')
