// OAuth clients as plugins get them, and what the host does around a sign-in.
import {
  type JsonValue,
  type OAuthClient,
  type OAuthGrant,
  type OAuthOptions,
  Secret,
} from '../../core/plugin.ts'
import { testHost } from '../../core/testing/index.ts'

export const CLIENT_ID = 'dockwarden'
export const CLIENT_SECRET = 'client-secret_of.the+test'
export const REDIRECT_URL = 'http://127.0.0.1:5001/oidc_auth'
export const STATE = 'state-of-the-test'

/** A client that is closed at the end of its block. */
export function openClient(
  issuer: string,
  given: Partial<OAuthOptions> = {},
  host = testHost(),
): OAuthClient & AsyncDisposable {
  const client = host.oauth.open({
    provider: { issuer },
    clientId: CLIENT_ID,
    clientSecret: new Secret(CLIENT_SECRET),
    redirectUrl: REDIRECT_URL,
    scopes: undefined,
    ...given,
  })
  return { ...client, [Symbol.asyncDispose]: () => client.close() }
}

export function begin(client: Pick<OAuthClient, 'begin'>) {
  return client.begin({ state: STATE, address: REDIRECT_URL, signal: soon() })
}

export function finish(client: OAuthClient, url: URL, keep: JsonValue): Promise<OAuthGrant> {
  return client.finish({ url, state: STATE, keep, signal: soon(), log: testHost().log, provide() {} })
}

/** A whole sign-in at a provider that lets people in by `signIn`. */
export async function signInWith(
  client: OAuthClient,
  { signIn }: { signIn(url: string, account: string): Promise<URL> },
  account: string,
): Promise<OAuthGrant> {
  const { url, keep } = await begin(client)
  return finish(client, await signIn(url, account), keep)
}

/** Where the browser comes back to with these parameters. */
export function callback(parameters: Record<string, string>): URL {
  return new URL(`${REDIRECT_URL}?${new URLSearchParams(parameters)}`)
}

/** A signal with time for the slowest machine. */
export function soon(ms = 10_000): AbortSignal {
  return AbortSignal.timeout(ms)
}

/** What the work threw. */
export async function failureOf(work: unknown): Promise<Error> {
  return Promise.resolve(work).then(
    () => Promise.reject(new Error('it did not fail')),
    (error: Error) => error,
  )
}
