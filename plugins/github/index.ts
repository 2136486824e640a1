// Signs people in at GitHub with the browser, and asks it again whether they are still welcome.
import {
  definePlugin,
  type OAuthClient,
  type OAuthGrant,
  type ProviderAccount,
  type ProviderCall,
  signInAuthenticator,
  warnIfOpen,
} from '../../core/plugin.ts'
import { type Access, readMemberships, readTeams, readUser } from './api.ts'
import { apiUrl, type Options, options } from './options.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'github',
  options,
  create(options, host) {
    const { web_url, organizations, redirect_url } = options
    if (!organizations && web_url === 'https://github.com') {
      warnIfOpen(host.log, 'GitHub', 'set organizations or accept', options)
    }
    const client = host.oauth.open({
      provider: {
        authorizationEndpoint: `${web_url}/login/oauth/authorize`,
        tokenEndpoint: `${web_url}/login/oauth/access_token`,
      },
      clientId: options.client_id,
      clientSecret: options.client_secret,
      clientAuthentication: 'post',
      redirectUrl: redirect_url?.url,
      // GitHub Apps have permissions in place of scopes, and ignore these.
      scopes: organizations ? ['user:email', 'read:org'] : ['user:email'],
      promptForAnother: 'select_account',
      tls: options.tls,
    })
    return signInAuthenticator({
      client,
      options,
      redirect: redirect_url ?? { url: undefined, path: '/github_auth' },
      lasting: true,
      look: (grant, call) => look(client, options, grant, call),
    })
  },
})

async function look(
  client: OAuthClient,
  options: Options,
  { accessToken: token }: OAuthGrant,
  { signal, log, seen }: ProviderCall,
): Promise<ProviderAccount> {
  const access: Access = { client, api: apiUrl(options), token, signal, log }
  const user = await readUser(access, options.organizations !== undefined)
  seen(user.login)
  const organizations = options.organizations ? await readMemberships(access, options.organizations) : []
  const wanted = organizations.length > 0 && refersToTeams(options)
  const teams = wanted ? await readTeams(access, organizations) : []
  return { id: String(user.id), facts: { user, organizations, teams } }
}

function refersToTeams({ account, accept, labels }: Options): boolean {
  return [account, accept, ...labels.values()].some((rule) => rule.refersTo('teams'))
}
