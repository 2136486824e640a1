// An authenticator that signs people in at the made-up provider of test/support/identity-provider.ts.
import { type AuthnOutcome, accept, definePlugin, duration, pass, reject, z } from 'dockwarden/plugin'
import { redirectUrl } from 'dockwarden/plugin/sign-in'

export default definePlugin({
  kind: 'authenticator',
  name: 'signing-in',
  options: z.strictObject({
    provider: z.url(),
    title: z.string().default('Example Corp'),
    redirect_url: redirectUrl().optional(),
    registry: z.string().optional(),
    revalidate_after: duration().prefault('1h'),
    grace: duration().prefault(0),
    password_lifetime: duration().optional(),
  }),
  create(options, host) {
    const client = host.http.open({ retries: 0, connections: 4 })
    const ask = async (path: string, body: object, signal: AbortSignal): Promise<AuthnOutcome> => {
      const url = `${options.provider}${path}`
      const answer = await client.send({
        method: 'POST',
        url,
        headers: {},
        body: JSON.stringify(body),
        signal,
      })
      if (answer.status === 500) throw new Error(`${url} is down`)
      const { account, labels, session, reason } = JSON.parse(answer.body)
      return answer.status === 200 ? accept({ account, labels, session }) : reject(reason, undefined, account)
    }
    return {
      authenticate: async () => pass,
      async refresh({ session }, { signal }) {
        return session === undefined
          ? reject('no session')
          : await ask('/refresh', { token: session }, signal)
      },
      routes: (routes) =>
        routes.signIn({
          title: options.title,
          redirect: options.redirect_url ?? { url: undefined, path: '/example_auth' },
          registry: options.registry,
          revalidateAfter: options.revalidate_after,
          grace: options.grace,
          passwordLifetime: options.password_lifetime,
          async begin({ state, address, another }) {
            const query = new URLSearchParams({
              state,
              redirect_uri: address,
              ...(another && { prompt: 'login' }),
            })
            return { url: `${options.provider}/authorize?${query}`, keep: { begun: true } }
          },
          async finish({ url, signal }) {
            const code = url.searchParams.get('code')
            return code === null
              ? reject('access_denied', 'the person said no')
              : await ask('/exchange', { code }, signal)
          },
          endUrl: async () => `${options.provider}/sign-out`,
        }),
      close: () => client.close(),
    }
  },
})
