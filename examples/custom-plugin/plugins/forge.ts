// forge: people sign in with the browser at a Gitea or Forgejo of your own, and get a password for registry clients. The server
// does the pages, the passwords and the times; a plugin says where the provider is, and who has come back.
import { definePlugin, z } from 'dockwarden/plugin'
import { readApi, redirectUrl, signInAuthenticator, signInOptions } from 'dockwarden/plugin/sign-in'

export default definePlugin({
  kind: 'authenticator',
  name: 'forge',
  options: z.strictObject({
    url: z
      .url()
      .transform((url) => url.replace(/\/$/, ''))
      .describe('The forge, such as https://git.example.com.'),
    redirect_url: redirectUrl().describe('This server as browsers reach it, as registered at the forge.'),
    // title, client_id, client_secret, registry, account, accept, labels, revalidate_after, grace, ...
    ...signInOptions({
      title: 'Forge',
      variables: ['user', 'organizations'],
      account: 'user.login',
      accept: 'true',
      labels: { organization: 'organizations' },
    }),
  }),

  create(options, host) {
    const { url, redirect_url: redirect } = options
    // Authorization code with PKCE and state. A provider with OpenID is { issuer: url } instead.
    const client = host.oauth.open({
      provider: {
        authorizationEndpoint: `${url}/login/oauth/authorize`,
        tokenEndpoint: `${url}/login/oauth/access_token`,
      },
      clientId: options.client_id,
      clientSecret: options.client_secret,
      redirectUrl: redirect.url,
      scopes: ['read:user', 'read:organization'],
      tls: options.tls,
    })
    return signInAuthenticator({
      client,
      options,
      redirect,
      // Called at the sign-in, and again when the last answer is older than `revalidate_after`.
      async look({ accessToken }, { signal }) {
        const get = async <T>(path: string, shape: z.ZodType<T>): Promise<T> => {
          const at = `${url}/api/v1${path}`
          return shape.parse(readApi(await client.get(at, accessToken, signal), at, 'url').body)
        }
        const user = await get('/user', z.looseObject({ id: z.int(), login: z.string() }))
        const organizations = await get(
          '/user/orgs?limit=50',
          z.array(z.looseObject({ username: z.string() })),
        )
        return {
          id: String(user.id),
          facts: { user, organizations: organizations.map(({ username }) => username) },
        }
      },
    })
  },
})
