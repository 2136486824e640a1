// The first step: what does the request ask for, and with which credentials? GET (token.md) or POST with a form (oauth.md).
import type { IncomingMessage } from 'node:http'
import type { Client, Credentials, ResourceRequest } from '../plugin.ts'
import { Asked, AskedByUrl } from './asked.ts'
import { assertNoBody, readForm } from './body.ts'
import type { ClientCertificateOf } from './client-certificate.ts'
import { NOBODY, namesUser, type OwnTokenCredentials, readCredentials } from './credentials.ts'
import { malformed, unauthorized } from './errors.ts'
import { issuedTokenType } from './exchange.ts'
import { assertHeaders } from './head.ts'
import { readOAuthClient } from './oauth-client.ts'
import { noteAuthorization, noteProofs } from './proofs.ts'
import type { TokenContext } from './token-context.ts'

/** One request to the token endpoint, without HTTP. Plugins see its parts: all of it is frozen where it is made. */
export interface TokenRequest {
  readonly credentials: Credentials | OwnTokenCredentials
  readonly service: string
  readonly scopes: readonly ResourceRequest[]
  readonly client: Client
  /** Whether the client's address may be many clients'. */
  readonly sharedAddress?: boolean | undefined
  /** Whether a refresh token is wanted too. */
  readonly offline: boolean
  /** What the answer to a token exchange calls the token; undefined for other requests. */
  readonly issuedTokenType?: string | undefined
}

/** The parameters of a request, as far as they could be read. */
export interface Read {
  /** Undefined for a URL that is refused: nothing of it is logged. */
  query?: URLSearchParams
  form?: URLSearchParams | undefined
}

/**
 * A request for no access by nobody, for questions that no client asked.
 *
 * @param id what the plugins see as `client_id`
 * @param ip where it comes from
 */
export function anonymousRequest(id: string, ip?: string): TokenRequest {
  const client = Object.freeze({ ip, id })
  return Object.freeze({ credentials: NOBODY, service: '', scopes: NO_SCOPES, client, offline: false })
}

const NO_SCOPES: readonly ResourceRequest[] = Object.freeze([])

/** How much a request may hold. */
export interface RequestLimits {
  /** Different scopes. */
  readonly scopes: number
  /** Bytes of the body. */
  readonly body: number
}

/**
 * Reads a request to the token endpoint.
 *
 * @param ip where it comes from
 * @param limits how much it may hold
 * @param certificateOf undefined when clients are not asked for certificates
 * @param read learns the parameters, also when the request can't be understood
 * @param urls what was read before
 * @throws RequestError when it can't be understood
 */
export async function parse(
  context: TokenContext,
  ip: string | undefined,
  limits: RequestLimits,
  certificateOf?: ClientCertificateOf,
  read: Read = {},
  urls = new AskedByUrl(),
): Promise<TokenRequest> {
  const { req: request, url } = context
  assertHeaders(request)
  const inUrl = urls.of(url)
  read.query = inUrl.query
  const form = context.method === 'POST' ? await readForm(request, limits.body) : undefined
  read.form = form
  const unread = form ? undefined : assertNoBody(request, limits.body)
  if (unread) await unread
  if (form) noteProofs(form)
  noteAuthorization(context.get('authorization'))
  // Taken for no grant at all, it would make an anonymous client of whoever wrote it.
  if (form && inUrl.query.has('grant_type'))
    throw malformed('grant_type must not stand in the URL; send it in the form')
  const asked = form ? new Asked(inUrl.query, form) : inUrl

  const { service } = asked
  const authorization = authorizationOf(request)
  const credentials = Object.freeze(readCredentials(authorization, form, asked.account))
  const oauthClient =
    form && namesUser(form) ? readOAuthClient(authorization, form, asked.all('client_id')) : undefined
  const id = asked.clientId || oauthClient
  const { offline } = asked
  const scopes = asked.scopes(limits.scopes)
  urls.note(url, asked)
  return Object.freeze({
    credentials,
    service,
    scopes,
    client: Object.freeze(certificateOf ? { ip, id, certificate: await certificateOf(request) } : { ip, id }),
    offline,
    issuedTokenType: issuedTokenType(form),
  })
}

/** @throws RequestError 401 for a header without anything in it: a variable that was not set is no anonymous client */
function authorizationOf({ headers }: IncomingMessage): string {
  if (headers.authorization === '') throw unauthorized('the Authorization header is empty')
  return headers.authorization ?? ''
}
