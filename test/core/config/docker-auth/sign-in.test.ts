import { expect } from 'chai'
import { SIGN_IN_KEYS } from '../../../../core/config/docker-auth/sign-in.ts'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

/** Translates one section; the lines of its text begin at line 5. */
function translated(key: string, lines: readonly string[]) {
  const text = `${SERVER}${TOKEN}acl: []\n${key}:\n${lines.map((line) => `  ${line}\n`).join('')}`
  const { native, problems, warnings } = translateText(text)
  const [instance] = native.authenticators
  return { instance, options: instance?.options, problems, warnings }
}

const CLIENT = ['client_id: a', 'client_secret: hidden']
const OIDC = [...CLIENT, 'issuer: https://id.example.com', 'redirect_url: https://auth.example.com/oidc_auth']
const GITLAB = [...CLIENT, 'redirect_uri: https://auth.example.com/gitlab_auth']
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  google_auth: CLIENT,
  github_auth: CLIENT,
  oidc_auth: [...OIDC, 'user_claim: sub'],
  gitlab_auth: GITLAB,
}
const PRESET = { client_id: 'a', client_secret: '***' }

const REGISTER =
  'f:4:1: google_auth: needs an address that docker_auth did not need; register https://THIS-SERVER/google_auth (after server.path_prefix, if there is one) as an authorized redirect URI at Google'

const TEAMS = { teams: 'teams.map(team, team.slug)' }

describe("docker_auth's sections for signing in", () => {
  const cases: [title: string, key: string, lines: string[], expected: object, ...warnings: string[]][] = [
    ['google alone', 'google_auth', CLIENT, {}, REGISTER],
    [
      'a domain of Google',
      'google_auth',
      [...CLIENT, 'domain: example.com'],
      { domain: 'example.com' },
      REGISTER,
    ],
    ['github alone', 'github_auth', CLIENT, { labels: TEAMS }],
    [
      'an organization of GitHub, whose teams are labels',
      'github_auth',
      [...CLIENT, 'organization: acme', 'revalidate_after: 90m', 'registry_url: registry.example.com'],
      {
        organizations: ['acme'],
        labels: TEAMS,
        revalidate_after: 5400,
        registry: 'registry.example.com',
      },
    ],
    [
      'a GitHub of its own',
      'github_auth',
      [
        ...CLIENT,
        'github_web_uri: https://git.example.com/',
        'github_api_uri: https://git.example.com/api/v3/',
      ],
      { web_url: 'https://git.example.com/', api_url: 'https://git.example.com/api/v3/', labels: TEAMS },
    ],
    [
      'gitlab, whose groups are no labels',
      'gitlab_auth',
      GITLAB,
      { redirect_url: 'https://auth.example.com/gitlab_auth', scopes: ['read_user'], labels: {} },
    ],
    [
      "what GitLab's section has in vain",
      'gitlab_auth',
      [...GITLAB, 'grant_type: password', 'organization: acme'],
      { redirect_url: 'https://auth.example.com/gitlab_auth', scopes: ['read_user'], labels: {} },
      'f:8:3: gitlab_auth.grant_type: is not authorization_code, which is the one that is used; write that',
      'f:9:3: gitlab_auth.organization: keeps nobody out, as in docker_auth: everyone with an account at GitLab can sign in; remove it, or write allowed_groups in the native form',
    ],
    [
      'oidc with its defaults',
      'oidc_auth',
      OIDC,
      {
        issuer: 'https://id.example.com',
        redirect_url: 'https://auth.example.com/oidc_auth',
        account: 'claims["email"]',
        accept: 'true',
        scopes: ['openid', 'email'],
      },
      'f:4:1: oidc_auth.user_claim: is email, which docker_auth takes unverified too (it does not look at email_verified); where people can enter any address, set accept in the native form',
    ],
    [
      'oidc with all that it has',
      'oidc_auth',
      [
        ...OIDC.slice(0, 3),
        'redirect_url: https://auth.example.com/team/signin',
        'user_claim: sub',
        'labels_claims: [groups]',
        'label_claims: [groups]',
        'scopes: [openid profile, groups]',
        'registry_url: https://registry.example.com:5000/',
      ],
      {
        issuer: 'https://id.example.com',
        redirect_url: 'https://auth.example.com/team/signin',
        account: 'claims["sub"]',
        accept: 'true',
        labels: {
          groups:
            'type(claims["groups"]) == list ? claims["groups"].filter(item, type(item) == string && item != "") : []',
        },
        scopes: ['openid', 'profile', 'groups'],
        registry: 'registry.example.com:5000',
      },
      'f:11:3: oidc_auth.label_claims: unknown key, which is ignored; did you mean "labels_claims"?',
      'f:8:3: oidc_auth.redirect_url: does not end with /oidc_auth, where docker_auth answers; here its own last part is answered: write and register one that ends so',
    ],
    [
      'scopes without openid',
      'oidc_auth',
      [
        ...CLIENT,
        'issuer: https://id.example.com',
        'redirect_url: https://auth.example.com/oidc_auth',
        'user_claim: sub',
        'scopes: [email]',
      ],
      {
        issuer: 'https://id.example.com',
        redirect_url: 'https://auth.example.com/oidc_auth',
        account: 'claims["sub"]',
        accept: 'true',
        scopes: ['openid', 'email'],
      },
      'f:10:3: oidc_auth.scopes: lacks openid, without which nobody could sign in; it is added: write it',
    ],
    [
      'addresses without a scheme',
      'oidc_auth',
      [...CLIENT, 'issuer: id.example.com', 'redirect_url: auth.example.com/oidc_auth', 'user_claim: sub'],
      {
        issuer: 'https://id.example.com',
        redirect_url: 'https://auth.example.com/oidc_auth',
        account: 'claims["sub"]',
        accept: 'true',
        scopes: ['openid', 'email'],
      },
      'f:7:3: oidc_auth.issuer: has no https:// in front, which is added here; write it',
      'f:8:3: oidc_auth.redirect_url: has no https:// in front, which is added here; write it',
    ],
    [
      'null and nothing as absent',
      'github_auth',
      [...CLIENT, 'organization: ""', 'registry_url:', 'revalidate_after: 0s', 'client_secret_file: ""'],
      { labels: TEAMS },
    ],
    [
      'a registry that is none',
      'github_auth',
      [...CLIENT, 'registry_url: the one in the cellar'],
      { labels: TEAMS },
      'f:7:3: github_auth.registry_url: is no registry, so that the pages name none; write HOST or HOST:PORT',
    ],
    [
      'a registry with a path, which clients can not log in to',
      'github_auth',
      [...CLIENT, 'registry_url: https://registry.example.com/team'],
      { labels: TEAMS },
      'f:7:3: github_auth.registry_url: is no registry, so that the pages name none; write HOST or HOST:PORT',
    ],
    [
      'an interval in nanoseconds',
      'github_auth',
      [...CLIENT, 'revalidate_after: 3600'],
      { labels: TEAMS, revalidate_after: 1 },
      'f:7:3: github_auth.revalidate_after: is taken as 1s, the least there is; a number without a unit is nanoseconds, so write "1h" for an hour',
    ],
  ]
  for (const [title, key, lines, expected, ...warnings] of cases) {
    it(`become options of a plugin: ${title}`, () => {
      const found = translated(key, lines)
      expect(found.problems).to.deep.equal([])
      expect(found.warnings).to.deep.equal(warnings)
      expect(found.instance).to.deep.include({ plugin: key.replace('_auth', ''), id: key })
      expect(found.options).to.deep.equal({ ...PRESET, ...expected })
    })
  }

  const timeouts: [string, unknown, string?][] = [
    ['2500ms', 2.5],
    ['0', '10s'],
    ['-1s', '10s'],
    ['2m', 60, 'is taken as 60s, the most that a call may take; write "60s" or less'],
    [
      '10',
      '10s',
      'is too short for any answer, as a number without a unit is nanoseconds; 10s is taken: write "10s"',
    ],
  ]
  for (const [text, expected, warning] of timeouts) {
    it(`give the instance their http_timeout: ${text}`, () => {
      const { instance, warnings } = translated('github_auth', [...CLIENT, `http_timeout: ${text}`])
      expect(instance.timeout).to.deep.equal(expected)
      expect(warnings).to.deep.equal(warning ? [`f:7:3: github_auth.http_timeout: ${warning}`] : [])
    })
  }

  for (const key of SIGN_IN_KEYS) {
    it(`are refused without a client: ${key}`, () => {
      const others = WHOLE[key]!.slice(CLIENT.length)
      const { instance, problems } = translated(key, ['http_timeout: 1s', ...others])
      expect(instance).to.equal(undefined)
      expect(problems).to.deep.equal([
        `f:4:1: ${key}.client_id: is missing; write the id of the client that is registered there`,
        `f:4:1: ${key}.client_secret: is missing; write it here, or its path as client_secret_file`,
      ])
    })
  }

  const refused: [string, string, string[], ...string[]][] = [
    [
      'without a provider',
      'oidc_auth',
      CLIENT,
      "f:4:1: oidc_auth.issuer: is missing; write the provider's URL, such as https://id.example.com",
      'f:4:1: oidc_auth.redirect_url: is missing; write it as registered at the provider, such as https://auth.example.com/oidc_auth',
    ],
    [
      'without the way back',
      'gitlab_auth',
      [...CLIENT, 'redirect_uri: ""'],
      'f:7:17: gitlab_auth.redirect_uri: is missing; write it as registered at the provider, such as https://auth.example.com/gitlab_auth',
    ],
    [
      'with no durations',
      'github_auth',
      [...CLIENT, 'http_timeout: soon', 'revalidate_after: ""'],
      'f:7:17: github_auth.http_timeout: is no duration; write such as "10s" or "1h30m"',
      'f:8:21: github_auth.revalidate_after: is no duration; write such as "10s" or "1h30m"',
    ],
    [
      'with values of another type',
      'oidc_auth',
      [...CLIENT, 'issuer: []', 'redirect_url: {}', 'scopes: openid', 'labels_claims: groups'],
      'f:7:11: oidc_auth.issuer: must be text; put it in quotes',
      'f:8:17: oidc_auth.redirect_url: must be text; put it in quotes',
      'f:9:11: oidc_auth.scopes: must be a list; put it in [ ]',
      'f:10:18: oidc_auth.labels_claims: must be a list; put it in [ ]',
    ],
  ]
  for (const [title, key, lines, ...expected] of refused) {
    it(`are refused ${title}: ${key}`, () => {
      expect(translated(key, lines).problems).to.have.members(expected)
    })
  }
})
