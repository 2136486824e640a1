// A stand-in for GitLab: exactly the endpoints that the gitlab plugin uses, after GitLab's public documentation:
// docs.gitlab.com/api/oauth2/, docs.gitlab.com/api/users/, docs.gitlab.com/integration/openid_connect_provider/
import { json, serve, type TestServer } from './http-server.ts'
import { Grants } from './oauth-stand-in.ts'

/** What may be wrong with GitLab. `blocked` is how the API answers for an account that is. */
export type GitLabTrouble = 'rate limit' | 'down' | 'hangs' | 'blocked' | 'insufficient scope' | undefined

export interface GitLabStandIn {
  readonly webUrl: string
  readonly grants: Grants
  readonly server: TestServer
  user: { id: number; username: string; state: string; [field: string]: unknown }
  groups: string[]
  /** What ails the API and the userinfo. */
  trouble: GitLabTrouble
  /** What ails the token endpoint. */
  tokenTrouble: 'down' | undefined
  close(): Promise<void>
}

/** @example const gitlab = await startGitLab() // options: { web_url: gitlab.webUrl } */
export async function startGitLab(): Promise<GitLabStandIn> {
  const grants = new Grants()
  let asked: string[] = []
  const server = await serve((request, response) => {
    const url = new URL(request.url, server.origin)
    if (url.pathname === '/oauth/authorize') {
      // A browser that is not logged in.
      if (request.method === 'HEAD') return void response.writeHead(302, { location: '/users/sign_in' }).end()
      asked = url.searchParams.get('scope')?.split(' ') ?? []
      return void response.writeHead(302, { location: grants.authorize(url) }).end()
    }
    if (url.pathname === '/oauth/token') {
      if (gitlab.tokenTrouble === 'down') return void response.writeHead(502).end('GitLab is not responding')
      return json(response, ...tokenAnswer(grants.grant(new URLSearchParams(request.body))))
    }
    if (!grants.isGood(request.headers.authorization)) {
      return json(response, 401, {
        error: 'invalid_token',
        error_description: 'Token was revoked. You have to re-authorize from the user.',
      })
    }
    switch (gitlab.trouble) {
      case 'rate limit':
        return void response
          .writeHead(429, { 'retry-after': '60', 'ratelimit-remaining': '0' })
          .end('Retry later\n')
      case 'down':
        return void response.writeHead(502).end('GitLab is not responding')
      case 'hangs':
        return
      case 'blocked':
        return json(response, 403, { message: '403 Forbidden - Your account has been blocked.' })
      case 'insufficient scope':
        return json(response, 403, {
          error: 'insufficient_scope',
          error_description: 'The request requires higher privileges than provided by the access token.',
          scope: 'read_user api',
        })
      default:
    }
    if (url.pathname === '/api/v4/user') return json(response, 200, gitlab.user)
    if (url.pathname === '/oauth/userinfo' && asked.includes('openid')) {
      const { id, username } = gitlab.user
      return json(response, 200, { sub: String(id), nickname: username, groups: gitlab.groups })
    }
    json(response, 404, { error: '404 Not Found' })
  })

  function tokenAnswer(granted: ReturnType<Grants['grant']>): readonly [status: number, body: object] {
    if (granted === 'invalid_client') {
      return [
        401,
        { error: granted, error_description: 'Client authentication failed due to unknown client.' },
      ]
    }
    if (granted === 'invalid_grant') {
      return [400, { error: granted, error_description: 'The provided authorization grant is invalid.' }]
    }
    const { access, refresh } = granted
    const given = { access_token: access, token_type: 'Bearer', expires_in: 7_200, refresh_token: refresh }
    // Nobody checks the ID token: who somebody is comes from the API.
    const identity = asked.includes('openid') ? { id_token: 'e30.e30.c2lnbmF0dXJl' } : {}
    return [200, { ...given, scope: asked.join(' '), created_at: 1_893_456_000, ...identity }]
  }

  const gitlab: GitLabStandIn = {
    webUrl: server.origin,
    grants,
    server,
    user: { id: 42, username: 'jane', name: 'Jane', state: 'active', email: 'jane@example.com' },
    groups: ['acme', 'acme/backend'],
    trouble: undefined,
    tokenTrouble: undefined,
    close: () => server.close(),
  }
  return gitlab
}
