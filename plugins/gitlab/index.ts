// Signs people in at GitLab with the browser, and asks it again whether they are still welcome.
import {
  definePlugin,
  type OAuthClient,
  type OAuthGrant,
  OAuthRefused,
  type ProviderAccount,
  type ProviderCall,
  signInAuthenticator,
  warnIfOpen,
} from '../../core/plugin.ts'
import { type Access, readGroups, readUser } from './api.ts'
import { type Options, options } from './options.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'gitlab',
  options,
  create(options, host) {
    const { web_url, redirect_url, scopes } = options
    if (!options.allowed_groups && web_url === 'https://gitlab.com') {
      warnIfOpen(host.log, 'gitlab.com', 'set allowed_groups or accept', options)
    }
    const client = host.oauth.open({
      // Not by its issuer: who somebody is comes from the API, and `read_user` alone gives no ID token.
      provider: {
        authorizationEndpoint: `${web_url}/oauth/authorize`,
        tokenEndpoint: `${web_url}/oauth/token`,
      },
      clientId: options.client_id,
      clientSecret: options.client_secret,
      clientAuthentication: 'post',
      redirectUrl: redirect_url.url,
      scopes,
      tls: options.tls,
    })
    return signInAuthenticator({
      client,
      options,
      redirect: redirect_url,
      look: (grant, call) => look(client, options, grant, call),
    })
  },
})

async function look(
  client: OAuthClient,
  options: Options,
  { accessToken: token }: OAuthGrant,
  { signal, seen }: ProviderCall,
): Promise<ProviderAccount> {
  const access: Access = { client, token, signal }
  const { web_url, api_url = `${web_url}/api/v4`, allowed_groups, scopes } = options
  const user = await readUser(access, api_url)
  seen(user.username)
  const wanted = allowed_groups !== undefined || (scopes.includes('openid') && refersToGroups(options))
  const groups = wanted ? await readGroups(access, web_url) : []
  if (allowed_groups && !isInOne(allowed_groups, groups)) {
    throw new OAuthRefused(
      `this account is in none of the groups that may sign in: ${allowed_groups.join(', ')}`,
    )
  }
  return { id: String(user.id), facts: { user, groups } }
}

/** GitLab takes paths in any case. */
function isInOne(allowed: readonly string[], groups: readonly string[]): boolean {
  const held = new Set(groups.map((path) => path.toLowerCase()))
  return allowed.some((path) => held.has(path.toLowerCase()))
}

function refersToGroups({ account, accept, labels }: Options): boolean {
  return [account, accept, ...labels.values()].some((rule) => rule.refersTo('groups'))
}
