// A real OpenID provider on loopback: npm's oidc-provider, which is certified. Accounts can be disabled, keys changed, and
// the provider can stop, hang or be out of order and come back at the same address.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import escapeHtml from 'escape-html'
import type { ClientMetadata, Configuration, JWK, Provider } from 'oidc-provider'
import { freePort } from './free-port.ts'
import { answerInteraction, INTERACTION, signInAt } from './openid-pages.ts'
import { createStorage } from './openid-storage.ts'

export interface OpenIdProviderOptions {
  /** What is not given: the code flow and refresh tokens. */
  readonly clients: readonly (ClientMetadata & { client_id: string })[]
  /** Names to claims. The name is what one signs in with, and the subject unless there is a claim `sub`. */
  readonly accounts: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** All claims in the ID token too; else they are in the userinfo only, as the standard has it. */
  readonly claimsInIdToken?: boolean
  /** More of oidc-provider's own configuration. */
  readonly configuration?: Configuration
}

export interface OpenIdProvider extends AsyncDisposable {
  readonly issuer: string
  /** Every request so far: `GET /jwks`. */
  readonly requests: readonly string[]
  /** What went wrong inside the provider. */
  readonly errors: readonly Error[]
  /** No sign-in and no refresh for this account any more. */
  disable(account: string): void
  enable(account: string): void
  /** Claims from now on. */
  change(account: string, claims: Readonly<Record<string, unknown>>): void
  /** Signs with a new key; the old one is no longer in the key set. */
  rotateKeys(): void
  /** Takes requests and answers nothing, where the path begins like this; what hangs is cut off by `resume`. */
  pause(path?: string): void
  /** Answers 503 where the path begins like this. */
  fail(path?: string): void
  resume(): void
  /** Refuses connections, until `start`. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Signs in as a person with a browser would; undefined = cancels. @returns the callback's URL */
  signIn(url: string, account: string | undefined): Promise<URL>
}

/** Endpoints, for `pause`, `fail` and `requests`. */
export const PATHS = {
  discovery: '/.well-known/',
  authorization: '/auth',
  keys: '/jwks',
  token: '/token',
  userinfo: '/me',
} as const

/**
 * @example
 * await using provider = await startOpenIdProvider({
 *   clients: [{ client_id: 'dockwarden', client_secret: 'secret', redirect_uris: ['http://127.0.0.1:5001/oidc_auth'] }],
 *   accounts: { alice: { email: 'alice@example.com', email_verified: true, groups: ['dev'] } },
 * })
 */
export async function startOpenIdProvider(options: OpenIdProviderOptions): Promise<OpenIdProvider> {
  const { Provider } = await importQuietly()
  const accounts = new Map(Object.entries(options.accounts))
  const disabled = new Set<string>()
  const requests: string[] = []
  const errors: Error[] = []
  const waiting = new Set<ServerResponse>()
  let trouble: { path: string; hang: boolean } | undefined
  let server: Server | undefined

  const port = await freePort()
  const listen = async () => {
    server = createServer((request, response) => void handle(request, response))
    await new Promise<void>((resolve, reject) =>
      server!.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
  }
  await listen()
  const issuer = `http://127.0.0.1:${port}`
  const configuration = configure(options, (id) => (disabled.has(id) ? undefined : accounts.get(id)))
  const create = () => open(new Provider(issuer, { ...configuration, jwks: { keys: [newKey()] } }), errors)
  let current = create()

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '/' } = request
    requests.push(`${method} ${url.split('?')[0]}`)
    if (trouble && url.startsWith(trouble.path)) {
      if (trouble.hang) waiting.add(response)
      else response.writeHead(503).end('out of order')
      return
    }
    try {
      if (url.startsWith(INTERACTION)) await answerInteraction(current.provider, request, response)
      else await current.handle(request, response)
    } catch (error) {
      errors.push(error as Error)
      response.destroy()
    }
  }

  async function stop(): Promise<void> {
    const stopped = server
    server = undefined
    if (!stopped) return
    await new Promise<void>((resolve) => {
      stopped.close(() => resolve())
      stopped.closeAllConnections()
    })
  }

  return {
    issuer,
    requests,
    errors,
    disable: (account) => void disabled.add(account),
    enable: (account) => void disabled.delete(account),
    change: (account, claims) => void accounts.set(account, claims),
    rotateKeys() {
      current = create()
    },
    pause(path = '/') {
      trouble = { path, hang: true }
    },
    fail(path = '/') {
      trouble = { path, hang: false }
    },
    resume() {
      trouble = undefined
      for (const response of waiting) response.destroy()
      waiting.clear()
    },
    stop,
    async start() {
      await listen()
    },
    signIn: signInAt,
    [Symbol.asyncDispose]: stop,
  }
}

/** It prints a warning when it is loaded by a release of Node without long-term support. */
async function importQuietly(): Promise<typeof import('oidc-provider')> {
  const { warn } = console
  console.warn = () => {}
  try {
    return await import('oidc-provider')
  } finally {
    console.warn = warn
  }
}

function open(provider: Provider, errors: Error[]) {
  provider.silent = true
  provider.on('server_error', (_, error) => errors.push(error))
  return { provider, handle: provider.callback() }
}

function newKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' } as JWK
}

/** Everything is given that oidc-provider would print a notice about. */
function configure(
  options: OpenIdProviderOptions,
  claimsOf: (account: string) => Readonly<Record<string, unknown>> | undefined,
): Configuration {
  const { features, ...more } = options.configuration ?? {}
  const hour = 3_600
  return {
    adapter: createStorage(),
    clients: options.clients.map((client) => ({
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...client,
    })),
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username', 'groups'],
    },
    conformIdTokenClaims: !options.claimsInIdToken,
    cookies: { keys: [randomUUID()] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        logoutSource: (context, form) => {
          context.body = `<!doctype html><title>Sign out</title>${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`
        },
        postLogoutSuccessSource: (context) => {
          context.body = '<!doctype html><title>Signed out</title><h1>Signed out</h1>'
        },
      },
      ...features,
    },
    async findAccount(_, id) {
      const claims = claimsOf(id)
      return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) }
    },
    interactions: { url: (_, { uid }) => `${INTERACTION}${uid}` },
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    renderError(context, { error, error_description = '' }) {
      context.type = 'html'
      context.body = `<!doctype html><title>Error</title><p>${escapeHtml(`${error}: ${error_description}`)}</p>`
    },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: hour,
      AuthorizationCode: 60,
      Grant: hour,
      IdToken: hour,
      Interaction: hour,
      RefreshToken: 24 * hour,
      Session: hour,
    },
    ...more,
  }
}
