// A stand-in for GitHub: exactly the endpoints that the github plugin uses, after GitHub's public documentation:
// docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps,
// .../apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens,
// .../rest/users/users, .../rest/orgs/members, .../rest/teams/teams, .../rest/using-the-rest-api/rate-limits-for-the-rest-api
import type { ServerResponse } from 'node:http'
import { json, serve, type TestServer } from './http-server.ts'
import { Grants } from './oauth-stand-in.ts'

export interface GitHubTeam {
  readonly organization: { readonly login: string; readonly id: number }
  readonly slug: string
  readonly name: string
  readonly parent: { readonly slug: string; readonly name: string } | null
}

/** What may be wrong with the API. */
export type GitHubTrouble =
  | 'rate limit'
  | 'secondary rate limit'
  | 'down'
  | 'hangs'
  | 'suspended'
  | 'no JSON'
  | 'moved'
  | undefined

export interface GitHubStandIn {
  readonly webUrl: string
  readonly apiUrl: string
  readonly grants: Grants
  readonly server: TestServer
  user: { id: number; login: string; [field: string]: unknown }
  /** By the organization's name: the status of the membership, or why it can't be told. */
  readonly memberships: Map<
    string,
    'active' | 'pending' | 'not approved' | 'single sign-on' | 'not installed'
  >
  teams: GitHubTeam[]
  /** How many teams make a page, whatever is asked for. */
  pageSize: number
  /** Where the links to further pages lead. */
  linkOrigin: string | undefined
  /** An OAuth app's tokens last; a GitHub App's end and come with a refresh token. */
  app: 'OAuth app' | 'GitHub App'
  /** The scopes that were really given; undefined = those asked for. */
  scopes: string | undefined
  trouble: GitHubTrouble
  close(): Promise<void>
}

type Answer = readonly [status: number, body: object, headers?: Readonly<Record<string, string>>]

const NOT_FOUND: Answer = [404, { message: 'Not Found', status: '404' }]

/** Why a membership can't be told. */
const REFUSALS = {
  'not approved': [
    403,
    {
      message:
        'Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited.',
    },
  ],
  'single sign-on': [
    403,
    { message: 'Resource protected by organization SAML enforcement.' },
    { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=A' },
  ],
  'not installed': [403, { message: 'Resource not accessible by integration', status: '403' }],
} as const

/** @example const github = await startGitHub() // options: { web_url: github.webUrl, api_url: github.apiUrl } */
export async function startGitHub(): Promise<GitHubStandIn> {
  const grants = new Grants()
  let asked = ''
  const server = await serve((request, response) => {
    const url = new URL(request.url, server.origin)
    const { pathname } = url
    if (pathname === '/login/oauth/authorize') {
      // A browser that is not logged in.
      if (request.method === 'HEAD') return void response.writeHead(302, { location: '/login' }).end()
      asked = url.searchParams.get('scope') ?? ''
      return void response.writeHead(302, { location: grants.authorize(url) }).end()
    }
    if (github.trouble && answerTrouble(github.trouble, response)) return
    if (pathname === '/login/oauth/access_token') {
      return json(response, 200, tokenAnswer(new URLSearchParams(request.body)))
    }
    if (request.headers['user-agent'] === undefined)
      return json(response, 403, { message: 'Request forbidden' })
    if (!grants.isGood(request.headers.authorization)) {
      return json(response, 401, { message: 'Bad credentials', status: '401' })
    }
    if (github.app === 'OAuth app')
      response.setHeader('x-oauth-scopes', (github.scopes ?? asked).replaceAll(' ', ', '))
    const [status, body, headers = {}] = answerApi(url)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    json(response, status, body)
  })

  /** GitHub answers 200 whatever happened. */
  function tokenAnswer(form: URLSearchParams): object {
    const granted = grants.grant(form)
    if (granted === 'invalid_client') {
      return {
        error: 'incorrect_client_credentials',
        error_description: 'The client_id and/or client_secret passed are incorrect.',
      }
    }
    if (granted === 'invalid_grant') {
      const error = form.has('refresh_token') ? 'bad_refresh_token' : 'bad_verification_code'
      return { error, error_description: 'The code passed is incorrect or expired.' }
    }
    const { access, refresh } = granted
    const given = { access_token: access, token_type: 'bearer', scope: asked.replaceAll(' ', ',') }
    return github.app === 'OAuth app'
      ? given
      : {
          ...given,
          scope: '',
          expires_in: 28_800,
          refresh_token: refresh,
          refresh_token_expires_in: 15_897_600,
        }
  }

  function answerApi(url: URL): Answer {
    if (url.pathname === '/api/v3/user') return [200, { type: 'User', ...github.user }]
    if (url.pathname === '/api/v3/user/teams') return teamsAnswer(url)
    const [, name] = /^\/api\/v3\/user\/memberships\/orgs\/([^/]+)$/.exec(url.pathname) ?? []
    return name === undefined ? NOT_FOUND : membershipAnswer(name)
  }

  function membershipAnswer(name: string): Answer {
    const state = github.memberships.get(name)
    if (state === undefined) return NOT_FOUND
    if (state in REFUSALS) return REFUSALS[state as keyof typeof REFUSALS]
    const { login, id } = github.user
    return [200, { state, role: 'member', organization: { login: name, id: 1 }, user: { login, id } }]
  }

  function teamsAnswer(url: URL): Answer {
    const page = Number(url.searchParams.get('page') ?? 1)
    const { teams, pageSize } = github
    const last = Math.max(1, Math.ceil(teams.length / pageSize))
    const link = (to: number, rel: string) =>
      `<${github.linkOrigin ?? server.origin}${url.pathname}?per_page=100&page=${to}>; rel="${rel}"`
    const links: Record<string, string> =
      page < last ? { link: `${link(page + 1, 'next')}, ${link(last, 'last')}` } : {}
    return [200, teams.slice((page - 1) * pageSize, page * pageSize), links]
  }

  const github: GitHubStandIn = {
    webUrl: server.origin,
    apiUrl: `${server.origin}/api/v3`,
    grants,
    server,
    user: { id: 583231, login: 'octocat', name: 'The Octocat', email: null },
    memberships: new Map(),
    teams: [],
    pageSize: 100,
    linkOrigin: undefined,
    app: 'OAuth app',
    scopes: undefined,
    trouble: undefined,
    close: () => server.close(),
  }
  return github
}

function answerTrouble(trouble: GitHubTrouble, response: ServerResponse): boolean {
  switch (trouble) {
    case 'rate limit':
      response.setHeader('x-ratelimit-remaining', '0').setHeader('x-ratelimit-reset', '1893456000')
      json(response, 403, { message: 'API rate limit exceeded for user ID 583231.' })
      return true
    case 'secondary rate limit':
      json(response, 403, { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' })
      return true
    case 'down':
      response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>No server is available</h1>')
      return true
    case 'suspended':
      json(response, 403, { message: 'Sorry. Your account was suspended.' })
      return true
    case 'no JSON':
      response.end('<html>a login page</html>')
      return true
    case 'moved':
      response.writeHead(302, { location: 'https://elsewhere.example.com/' }).end()
      return true
    default:
      return trouble === 'hangs'
  }
}
