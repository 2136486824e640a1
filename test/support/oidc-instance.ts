// The oidc plugin as the host sees it, and a provider to sign in at.
import { expect } from 'chai'
import { type Held, NO_LABELS, Secret, type SignIn, type SignInStart } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import plugin from '../../plugins/oidc/index.ts'
import { CLIENT_ID, CLIENT_SECRET, REDIRECT_URL, STATE, soon } from './oauth-clients.ts'
import { type OpenIdProviderOptions, startOpenIdProvider } from './openid-provider.ts'

export const ALICE = { email: 'alice@example.com', email_verified: true, groups: ['dev', 'ops'] }
export const BOB = { email: 'bob@example.com', email_verified: false }
export const CLIENT = { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URL] }

export function provide(given: Partial<OpenIdProviderOptions> = {}) {
  return startOpenIdProvider({ clients: [CLIENT], accounts: { alice: ALICE, bob: BOB }, ...given })
}

/** An instance and the sign-in that it registers; closed at the end of its block. */
export async function openOidc(issuer: string, given: object = {}) {
  const host = testHost()
  const options = plugin.options.parse({
    issuer,
    redirect_url: REDIRECT_URL,
    client_id: CLIENT_ID,
    client_secret: new Secret(CLIENT_SECRET),
    labels: { groups: 'claims.groups' },
    ...given,
  })
  const instance = await plugin.create(options, host)
  const signIns: SignIn[] = []
  instance.routes!({ signIn: (signIn) => void signIns.push(signIn) })
  const [signIn] = signIns
  const begin = () => signIn!.begin({ state: STATE, address: REDIRECT_URL, signal: soon() })
  const finish = (url: URL, { keep }: SignInStart) =>
    signIn!.finish({ url, state: STATE, keep, signal: soon(), log: host.log, provide() {} })
  return {
    signIns,
    log: host.log.lines,
    ready: () => instance.ready!(),
    begin,
    finish,
    endUrl: () => signIn!.endUrl!(soon()),
    /** A whole sign-in. */
    async come(
      provider: { signIn(url: string, account: string | undefined): Promise<URL> },
      account?: string,
    ) {
      const start = await begin()
      return finish(await provider.signIn(start.url, account), start)
    },
    refresh: (held: Omit<Held, 'labels'>) =>
      instance.refresh!({ labels: NO_LABELS, ...held }, testRequest({ timeout: 10_000 })),
    [Symbol.asyncDispose]: () => instance.close!(),
  }
}

/** What the host keeps of an accept. */
export function kept(outcome: object): { account: string; session: { refresh_token: string; id: string } } {
  expect(outcome).to.include({ outcome: 'accept' })
  return JSON.parse(JSON.stringify(outcome))
}
