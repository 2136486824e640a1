// The first step: what does the request ask for, and with which credentials? GET (token.md) or POST with a form (oauth.md).
import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { type Client, type Credentials, type ResourceRequest, Secret } from '../contract/index.ts'
import { UNPRINTABLE } from '../contract/printable.ts'
import { readSecretToken } from '../token/secret-token.ts'
import { readForm } from './body.ts'
import type { ClientCertificateOf } from './client-certificate.ts'
import { NOBODY, readCredentials, type TokenCredentials } from './credentials.ts'
import { malformed } from './errors.ts'
import { EXCHANGED, exchangeForm, issuedTokenType, targetOf } from './exchange.ts'
import { parseScopes } from './scope.ts'

/** One request to the token endpoint, without HTTP. */
export interface TokenRequest {
  readonly credentials: Credentials | TokenCredentials
  readonly service: string
  readonly scopes: readonly ResourceRequest[]
  readonly client: Client
  /** Whether a refresh token is wanted too. */
  readonly offline: boolean
  /** What the answer to a token exchange calls the token; undefined for other requests. */
  readonly issuedTokenType?: string | undefined
}

/** A request for no access by nobody, for questions that no client asked. @param id what the plugins see as `client_id` */
export function anonymousRequest(id: string): TokenRequest {
  return { credentials: NOBODY, service: '', scopes: [], client: { ip: undefined, id }, offline: false }
}

const MAX_TEXT = 256

/**
 * Reads a request to the token endpoint.
 *
 * @param ip where it comes from
 * @param certificateOf undefined when clients are not asked for certificates
 * @throws RequestError when it can't be understood
 */
export async function parse(
  context: Context,
  ip: string | undefined,
  certificateOf?: ClientCertificateOf,
): Promise<TokenRequest> {
  const query = new URLSearchParams(context.querystring)
  for (const name of ['refresh_token', ...EXCHANGED]) {
    if (query.has(name))
      throw malformed(`${name} must not stand in the URL, which others log; send it in a form`)
  }
  const form = context.method === 'POST' ? await readForm(context.req) : undefined
  // Taken for no grant at all, it would make an anonymous client of whoever wrote it.
  if (form && query.has('grant_type'))
    throw malformed('grant_type must not stand in the URL; send it in the form')
  const parameters = (name: string) => [...(form?.getAll(name) ?? []), ...query.getAll(name)]
  const parameter = (name: string) => text(name, parameters(name)[0] ?? '')

  const service = exchangeForm(form)
    ? text('audience', targetOf([...parameters('audience'), ...parameters('service')]))
    : parameter('service')
  const id = parameter('client_id') || undefined
  const credentials = readCredentials(context.get('authorization'), form, parameter('account'))
  const offline = parameter('access_type') === 'offline' || parameter('offline_token') === 'true'
  return {
    credentials,
    service,
    scopes: parseScopes(parameters('scope')),
    // Without certificates no closure: it would keep the whole request in memory as long as this lives.
    client: certificateOf ? clientWith(ip, id, certificateOf, context.req) : { ip, id },
    offline,
    issuedTokenType: issuedTokenType(form),
  }
}

/** The certificate is read when a plugin asks for it, once. */
function clientWith(
  ip: string | undefined,
  id: string | undefined,
  certificateOf: ClientCertificateOf,
  request: IncomingMessage,
): Client {
  let read: { readonly certificate: Client['certificate'] } | undefined
  return {
    ip,
    id,
    get certificate() {
      read ??= { certificate: certificateOf(request) }
      return read.certificate
    },
  }
}

function text(name: string, value: string): string {
  // A slip of the pen, which would end up in the log.
  if (readSecretToken(new Secret(value))) throw malformed(`${name} is a token; write it as the password`)
  if (value.length > MAX_TEXT || UNPRINTABLE.test(value)) {
    throw malformed(`${name} must be at most ${MAX_TEXT} printable characters`)
  }
  return value
}
