// Signs people in at an OpenID provider with the browser, and asks it again whether they are still welcome.
import {
  CLAIMS,
  definePlugin,
  type JsonValue,
  type OAuthClient,
  type OAuthGrant,
  type ProviderCall,
  signInAuthenticator,
  warnIfOpen,
} from '../../core/plugin.ts'
import { ACCEPT, type Options, options } from './options.ts'

type Claims = Readonly<Record<string, JsonValue>>

export default definePlugin({
  kind: 'authenticator',
  name: 'oidc',
  options,
  provides: [CLAIMS],
  create(options, host) {
    const open = openProvider(options.issuer)
    if (open) warnIfOpen(host.log, open.name, open.remedy, options, ACCEPT)
    const client = host.oauth.open({
      provider: { issuer: options.issuer },
      clientId: options.client_id,
      clientSecret: options.client_secret,
      redirectUrl: options.redirect_url.url,
      scopes: options.scopes,
      parameters: Object.fromEntries(options.parameters),
      // Google knows no other, and its metadata don't say so.
      ...(open?.name === 'Google' && { promptForAnother: 'select_account' as const }),
      ...(options.client_authentication && { clientAuthentication: options.client_authentication }),
      tls: options.tls,
    })
    return signInAuthenticator({
      client,
      options,
      redirect: options.redirect_url,
      async look(grant, call) {
        // A sign-in at an issuer gives an ID token, which has a subject; a refresh need not.
        const id = subjectOf(grant) ?? call.id!
        // Another account is refused whatever its claims are.
        const same = call.id === undefined || call.id === id
        const claims = same ? await claimsOf(client, options, grant, id, call) : {}
        return { id, facts: { claims } }
      },
    })
  },
})

/** The issuers that sign in people of the whole world, in any organization or none. */
function openProvider(issuer: string): { name: string; remedy: string } | undefined {
  const { hostname, pathname } = new URL(issuer)
  if (hostname === 'accounts.google.com') return { name: 'Google', remedy: 'set accept' }
  if (
    hostname === 'login.microsoftonline.com' &&
    /^\/(common|organizations|consumers)(\/|$)/i.test(pathname)
  ) {
    return { name: 'Microsoft', remedy: 'set issuer to that of your tenant, or accept' }
  }
}

function subjectOf({ claims }: OAuthGrant): string | undefined {
  return claims?.sub as string | undefined
}

/** Those of the ID token, and over them those of the userinfo. */
async function claimsOf(
  client: OAuthClient,
  { issuer, userinfo }: Options,
  grant: OAuthGrant,
  subject: string,
  { signal }: ProviderCall,
): Promise<Claims> {
  const { claims } = grant
  const info = userinfo || !claims ? await client.userinfo(grant, subject, signal) : undefined
  if (claims || info) return { ...claims, ...info }
  const { origin } = new URL(issuer)
  throw new Error(
    `${origin} gave no ID token with the refresh token and has no userinfo, so nothing says who that is; let it send an ID token`,
  )
}
