// An issuer that sends what a correct OpenID provider can't be made to send. Only for attacks and broken answers; everything
// else is tried against openid-provider.ts.
import type { ServerOptions } from 'node:https'
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { json, serve } from './http-server.ts'
import { CLIENT_ID } from './oauth-clients.ts'

/** What an endpoint answers. */
export interface Answer {
  readonly status?: number
  /** The type of a body that is text. */
  readonly type?: string
  /** Text as it is; all else as JSON. */
  readonly body: unknown
}

export interface FakeIssuer extends AsyncDisposable {
  readonly issuer: string
  /** Every request so far: `POST /token`, and its body. */
  readonly requests: readonly {
    readonly what: string
    readonly body: string
    readonly authorization?: string
  }[]
  /** The published key: the private half, and the public one as PEM. */
  readonly key: CryptoKey
  readonly publicPem: string
  /** Laid over the metadata. */
  metadata: Record<string, unknown>
  /** The published key set. */
  keys: JWK[]
  /** What the token endpoint answers. */
  token: () => Answer | Promise<Answer>
  userinfo: () => Answer | Promise<Answer>
  /** A good ID token for the client, but for what is given. */
  idToken(
    claims?: JWTPayload,
    header?: { alg?: string; [name: string]: unknown },
    key?: CryptoKey | Uint8Array,
  ): Promise<string>
}

/**
 * @param tls given = https, on the name localhost
 * @example await using issuer = await startFakeIssuer()
 */
export async function startFakeIssuer(tls?: ServerOptions): Promise<FakeIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const requests: { what: string; body: string; authorization?: string }[] = []
  const server = await serve(async ({ method, url, body, headers }, response) => {
    const path = url.split('?')[0]
    requests.push({
      what: `${method} ${path}`,
      body,
      ...(headers.authorization !== undefined && { authorization: headers.authorization }),
    })
    const send = ({ status = 200, type = 'text/html', body }: Answer) => {
      if (typeof body !== 'string') return json(response, status, body)
      response.writeHead(status, { 'content-type': type }).end(body)
    }
    if (path === '/.well-known/openid-configuration') send({ body: { ...standard, ...fake.metadata } })
    else if (path === '/jwks') send({ body: { keys: fake.keys } })
    else if (path === '/token') send(await fake.token())
    else if (path === '/userinfo') send(await fake.userinfo())
    else send({ status: 404, body: 'nothing here' })
  }, tls)
  const issuer = server.origin
  const standard = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
    authorization_response_iss_parameter_supported: true,
  }
  const fake: FakeIssuer = {
    issuer,
    requests,
    key: privateKey,
    publicPem: await exportSPKI(publicKey),
    metadata: {},
    keys: [{ ...(await exportJWK(publicKey)), kid: 'published', alg: 'RS256', use: 'sig' }],
    token: () => ({ status: 500, body: 'no answer set' }),
    userinfo: () => ({ status: 500, body: 'no answer set' }),
    idToken(claims = {}, header = {}, key = privateKey) {
      const now = Math.floor(Date.now() / 1_000)
      return new SignJWT({ iss: issuer, aud: CLIENT_ID, sub: 'alice', iat: now, exp: now + 300, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'published', ...header })
        .sign(key)
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
  return fake
}
