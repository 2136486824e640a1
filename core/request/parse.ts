// The first step: what does the request ask for, and with which credentials? GET with Basic (token.md), POST with a form
// (oauth.md), or neither: anonymous.
import type { Context } from 'koa'
import { type Client, type Credentials, type ResourceRequest, Secret } from '../contract/index.ts'
import { isForbiddenAccount } from './account.ts'
import { readForm } from './body.ts'
import { malformed, quote, RequestError, unauthorized } from './errors.ts'
import { parseScopes } from './scope.ts'

/** One request to the token endpoint, without HTTP. */
export interface TokenRequest {
  readonly credentials: Credentials
  readonly service: string
  readonly scopes: readonly ResourceRequest[]
  readonly client: Client
}

const PRINTABLE = /^[^\p{Cc}\u2028\u2029\ufffd]*$/u
const MAX_TEXT = 256
const NOBODY: Credentials = { kind: 'anonymous', account: '', password: new Secret('') }

/**
 * Reads a request to the token endpoint.
 *
 * @param ip where it comes from
 * @throws RequestError when it can't be understood
 */
export async function parse(context: Context, ip: string | undefined): Promise<TokenRequest> {
  const query = new URLSearchParams(context.querystring)
  const form = context.method === 'POST' ? await readForm(context.req) : undefined
  const parameters = (name: string) => [...(form?.getAll(name) ?? []), ...query.getAll(name)]
  const parameter = (name: string) => text(name, parameters(name)[0] ?? '')

  const service = parameter('service')
  const id = parameter('client_id') || undefined
  const credentials = credentialsOf(context.get('authorization'), form)
  assertSameAccount(credentials, parameter('account'))
  return { credentials, service, scopes: parseScopes(parameters('scope')), client: { ip, id } }
}

function text(name: string, value: string): string {
  if (value.length > MAX_TEXT || !PRINTABLE.test(value)) {
    throw malformed(`${name} must be at most ${MAX_TEXT} printable characters`)
  }
  return value
}

function credentialsOf(authorization: string, form: URLSearchParams | undefined): Credentials {
  const grantType = form?.get('grant_type') ?? ''
  if (grantType !== '' && grantType !== 'password') {
    const message = `grant_type ${quote(grantType)} is not supported; use password`
    throw new RequestError(400, 'UNSUPPORTED', 'unsupported_grant_type', message)
  }
  if (authorization !== '') return parseBasic(authorization)
  const account = form?.get('username') ?? ''
  const password = form?.get('password') ?? ''
  // As docker_auth: a form without grant_type is a password grant when it holds both.
  if (account !== '' && password !== '') return credentialsFor(account, password)
  // One alone is no anonymous client: it meant to be somebody.
  if (grantType === 'password' || account !== '' || password !== '') {
    throw malformed('a password grant needs both username and password')
  }
  return NOBODY
}

/**
 * Reads `Authorization: Basic`. Whatever is malformed is refused, never taken for anonymous.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export function parseBasic(header: string): Credentials {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1]
  if (encoded === undefined)
    throw unauthorized('the Authorization header is not Basic with user name and password')
  let decoded: string
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(encoded, 'base64'),
    )
  } catch {
    throw unauthorized('the Basic credentials are not valid UTF-8')
  }
  const colon = decoded.indexOf(':')
  if (colon === -1) throw unauthorized('the Basic credentials have no colon between user name and password')
  // Nothing on either side of the colon is no claim to be anybody: some clients send it for anonymous.
  if (decoded === ':') return NOBODY
  return credentialsFor(decoded.slice(0, colon), decoded.slice(colon + 1))
}

function credentialsFor(account: string, password: string): Credentials {
  // Both mark the secret as a refresh token, which this server does not know.
  if (account === '' || account === '<token>') throw unauthorized('wrong user name or password')
  if (account.length > MAX_TEXT) throw unauthorized(`the user name has more than ${MAX_TEXT} characters`)
  if (isForbiddenAccount(account)) throw unauthorized('the user name has characters that no account can have')
  return { kind: 'password', account, password: new Secret(password) }
}

/** `account` repeats the user name; without credentials it is ignored. */
function assertSameAccount(credentials: Credentials, account: string): void {
  if (credentials.kind === 'password' && account !== '' && account !== credentials.account) {
    throw malformed('account is not the user name of the credentials; leave it out or make them equal')
  }
}
