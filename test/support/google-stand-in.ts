// Google as the google plugin sees it: an OpenID provider whose ID tokens carry the address and the organization, and whose
// refresh tokens last. https://developers.google.com/identity/openid-connect/openid-connect
import { type Host, Secret } from '../../core/plugin.ts'
import { testHost } from '../../core/testing/index.ts'
import { type OpenIdProvider, startOpenIdProvider } from './openid-provider.ts'

export const CLIENT = {
  client_id: '1223123456.apps.googleusercontent.com',
  client_secret: 'secret of the client',
}
/** The same as options of the plugin. */
export const OPTIONS = { ...CLIENT, client_secret: new Secret(CLIENT.client_secret) }
export const REDIRECT_URL = 'http://127.0.0.1:5001/google_auth'

/** @param accounts names to claims besides `sub` */
export function startGoogle(
  accounts: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<OpenIdProvider> {
  return startOpenIdProvider({
    clients: [{ ...CLIENT, redirect_uris: [REDIRECT_URL] }],
    accounts,
    claimsInIdToken: true,
    configuration: {
      claims: { openid: ['sub'], email: ['email', 'email_verified', 'hd'], profile: ['name', 'picture'] },
      rotateRefreshToken: false,
    },
  })
}

/** A host for which `https://accounts.google.com` is the stand-in. */
export function hostWith(issuer: string): ReturnType<typeof testHost> {
  const host = testHost()
  const oauth: Host['oauth'] = {
    open({ provider, ...options }) {
      if (!('issuer' in provider) || provider.issuer !== 'https://accounts.google.com') {
        throw new Error(`${JSON.stringify(provider)} is not Google`)
      }
      return host.oauth.open({ ...options, provider: { issuer } })
    },
  }
  return { ...host, oauth }
}
