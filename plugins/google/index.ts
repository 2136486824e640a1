// Signs people in at Google with the browser, and asks it again whether they are still welcome.
import {
  CLAIMS,
  definePlugin,
  type JsonValue,
  type OAuthClient,
  type OAuthGrant,
  OAuthRefused,
  type ProviderAccount,
  type ProviderCall,
  signInAuthenticator,
  warnIfOpen,
} from '../../core/plugin.ts'
import { options } from './options.ts'

type Claims = Readonly<Record<string, JsonValue>>

/** https://developers.google.com/identity/openid-connect/openid-connect */
const ISSUER = 'https://accounts.google.com'

export default definePlugin({
  kind: 'authenticator',
  name: 'google',
  options,
  provides: [CLAIMS],
  create(options, host) {
    const { redirect_url, domain = [] } = options
    if (domain.length === 0) warnIfOpen(host.log, 'Google', 'set domain or accept', options)
    const client = host.oauth.open({
      provider: { issuer: ISSUER },
      clientId: options.client_id,
      clientSecret: options.client_secret,
      redirectUrl: redirect_url?.url,
      scopes: ['openid', 'email', 'profile'],
      parameters: {
        // Google gives a refresh token only with both: at the first consent, and to who asks for offline access.
        access_type: 'offline',
        prompt: 'consent',
        // A help on Google's page, no restriction.
        ...(domain.length === 1 && { hd: domain[0]! }),
      },
      promptForAnother: 'select_account',
      tls: options.tls,
    })
    return signInAuthenticator({
      client,
      options,
      redirect: redirect_url ?? { url: undefined, path: '/google_auth' },
      async look(grant, call) {
        const { id, claims } = await claimsOf(client, grant, call)
        assertWelcome(claims, domain)
        return { id, facts: { claims } }
      },
    })
  },
})

/** At the sign-in the ID token says it all; later, the userinfo does. */
async function claimsOf(
  client: OAuthClient,
  grant: OAuthGrant,
  { id, signal }: ProviderCall,
): Promise<{ id: ProviderAccount['id']; claims: Claims }> {
  const { claims } = grant
  if (id === undefined) {
    if (typeof claims?.sub !== 'string') throw new Error(`${ISSUER}: gave no ID token`)
    return { id: claims.sub, claims }
  }
  // A refresh need not come with an ID token. When it does, it must be of the same person, and so must the userinfo.
  if (claims && claims.sub !== id) return { id: String(claims.sub), claims }
  const info = await client.userinfo(grant, id, signal)
  if (!info) throw new Error(`${ISSUER}: its metadata name no userinfo`)
  return { id, claims: { ...claims, ...info } }
}

/** @throws OAuthRefused with the reason */
function assertWelcome({ email, email_verified, hd }: Claims, domains: readonly string[]): void {
  if (typeof email !== 'string') throw new OAuthRefused('Google gives no email address of this account')
  if (email_verified !== true) throw new OAuthRefused('the email address of this account is not verified')
  if (domains.length === 0) return
  const only = new OAuthRefused(`only accounts of ${domains.join(', ')} may sign in`)
  if (!domains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase())) throw only
  // There for accounts of an organization: an address of the domain in the hands of another organization is refused.
  if (hd !== undefined && !domains.includes(String(hd).toLowerCase())) throw only
}
