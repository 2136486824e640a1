// What the plugins of providers share: an authenticator that only signs people in with a browser, and asks the provider again
// with the token that it left.
import { z } from 'zod'
import type { JsonValue } from '../contract/json.ts'
import type { Log } from '../contract/log.ts'
import { type OAuthClient, type OAuthGrant, OAuthRefused } from '../contract/oauth.ts'
import { type AuthnOutcome, pass, reject } from '../contract/outcomes.ts'
import type { Authenticator } from '../contract/plugin.ts'
import type { RequestScope } from '../contract/request.ts'
import { CLAIMS, type Claims } from '../contract/request-values.ts'
import { Secret } from '../contract/secret.ts'
import type { RedirectUrl } from '../contract/sign-in.ts'
import { type IdentityRules, identify } from './sign-in-options.ts'

/** Who stands behind a grant, as the provider says. */
export interface ProviderAccount {
  /** The provider's own id of the account, which no renaming changes. */
  readonly id: string
  /** The variables of the expressions. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** What is at hand while a provider is asked. */
export interface ProviderCall {
  readonly signal: AbortSignal
  readonly log: Log
  /** The account's id as it was at the sign-in; undefined at the sign-in itself. */
  readonly id: string | undefined
  /** To be told who it is, as soon as that is known: a refusal then says so. */
  readonly seen: (account: string) => void
}

/** The options of `signInOptions` that the authenticator itself needs. */
interface Settings extends IdentityRules {
  readonly title: string
  readonly registry?: string | undefined
  readonly revalidate_after: number
  readonly grace: number
  readonly password_lifetime?: number | undefined
}

/** A sign-in at a provider: what `signInAuthenticator` needs of the plugin. */
export interface ProviderSignIn {
  readonly client: OAuthClient
  readonly options: Settings
  readonly redirect: RedirectUrl
  /** True: an access token without a refresh token lasts, and is asked with again. */
  readonly lasting?: boolean
  /**
   * Asks the provider who somebody is.
   *
   * @throws OAuthRefused when the answer is that this person may not come in, with a message for him
   * @throws Error when the provider can't be asked
   */
  look(grant: OAuthGrant, call: ProviderCall): Promise<ProviderAccount>
}

/** What is kept of a sign-in. */
const SESSION = z.union([
  z.object({ client: z.string(), id: z.string(), refresh_token: z.string() }),
  z.object({ client: z.string(), id: z.string(), access_token: z.string() }),
])
type Kept = z.output<typeof SESSION>

/**
 * An authenticator whose people sign in with a browser, for a plugin's `create`.
 *
 * @example create: (options, host) => signInAuthenticator({ client: host.oauth.open({ ... }), options, redirect, look })
 */
export function signInAuthenticator({
  client,
  options,
  redirect,
  lasting = false,
  look,
}: ProviderSignIn): Authenticator {
  async function outcomeOf(
    grant: OAuthGrant,
    call: ProviderCall,
    provide: RequestScope['provide'],
  ): Promise<AuthnOutcome> {
    const claimed = namedBy(grant)
    if (claimed !== undefined) call.seen(claimed)
    const { id, facts } = await look(grant, call)
    if (facts.claims) provide(CLAIMS, facts.claims as Claims)
    if (call.id !== undefined && call.id !== id) return reject('it is another account of the provider now')
    const session = sessionOf(grant, { client: client.name, id }, lasting)
    if (!session) {
      call.log.warn(
        {},
        `${options.title} gave no refresh token: what is handed out ends with revalidate_after`,
      )
    }
    return identify(options, facts, session)
  }
  return {
    authenticate: async () => pass,
    async refresh({ session, saveSession }, request) {
      const { signal, log } = request
      const kept = SESSION.safeParse(session).data
      if (!kept) return reject('it has no session with the provider; sign in with the browser')
      if (kept.client !== client.name) return reject('it has its session with another provider or client')
      return orReject(async (seen) => {
        const grant = await grantOf(kept, client, signal, async (refresh_token) =>
          saveSession?.({ ...kept, refresh_token }),
        )
        return outcomeOf(grant, { signal, log, id: kept.id, seen }, (token, value) =>
          request.provide(token, value),
        )
      })
    },
    routes: (routes) =>
      routes.signIn({
        title: options.title,
        redirect,
        registry: options.registry,
        revalidateAfter: options.revalidate_after,
        grace: options.grace,
        passwordLifetime: options.password_lifetime,
        begin: (attempt) => client.begin(attempt),
        finish: (answer) =>
          orReject(async (seen) => {
            const { signal, log } = answer
            return outcomeOf(
              await client.finish(answer),
              { signal, log, id: undefined, seen },
              answer.provide,
            )
          }),
        endUrl: (signal) => client.endUrl(signal),
      }),
    ready: () => client.ready(),
    close: () => client.close(),
  }
}

async function grantOf(
  kept: Kept,
  client: OAuthClient,
  signal: AbortSignal,
  replaced: (refreshToken: string) => Promise<void>,
): Promise<OAuthGrant> {
  return 'refresh_token' in kept
    ? client.refresh(kept.refresh_token, signal, replaced)
    : { accessToken: new Secret(kept.access_token), refreshToken: undefined, claims: undefined }
}

function sessionOf(
  { refreshToken, accessToken }: OAuthGrant,
  whose: { client: string; id: string },
  lasting: boolean,
): JsonValue | undefined {
  if (refreshToken) return { ...whose, refresh_token: refreshToken.reveal() }
  return lasting ? { ...whose, access_token: accessToken.reveal() } : undefined
}

/** What a provider calls somebody in an ID token. */
function namedBy({ claims }: OAuthGrant): string | undefined {
  const names = [claims?.email, claims?.preferred_username, claims?.name]
  return names.find((name): name is string => typeof name === 'string')
}

/** A refusal says as whom the person came, as far as that is known. */
async function orReject(ask: (seen: ProviderCall['seen']) => Promise<AuthnOutcome>): Promise<AuthnOutcome> {
  let who: string | undefined
  try {
    const outcome = await ask((account) => {
      who = account
    })
    return outcome.outcome === 'reject'
      ? reject(outcome.reason, outcome.message, outcome.account ?? who)
      : outcome
  } catch (error) {
    if (error instanceof OAuthRefused) return reject(error.message, error.message, who)
    throw error
  }
}
