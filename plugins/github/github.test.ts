import { expect } from 'chai'
import { type JsonValue, Secret } from '../../core/plugin.ts'
import { keptLog, type LogLine, testRequest } from '../../core/testing/index.ts'
import {
  type GitHubStandIn,
  type GitHubTeam,
  type GitHubTrouble,
  startGitHub,
} from '../../test/support/github-stand-in.ts'
import { failureOf, goRound, openSignIn, refusalOf, signedIn } from '../../test/support/oauth-stand-in.ts'
import plugin from './index.ts'

let github: GitHubStandIn
let log: ReturnType<typeof keptLog>
let logs: LogLine[][]
beforeEach(async () => {
  log = keptLog()
  logs = [log.lines]
  github = await startGitHub()
  github.memberships.set('acme', 'active')
})
afterEach(async () => {
  await github.close()
  expect(github.grants.secrets.filter((secret) => JSON.stringify(logs).includes(secret))).to.deep.equal([])
})

const acme = { organizations: ['acme'] }

async function open(options: object = acme) {
  const { webUrl, apiUrl, grants } = github
  const opened = await openSignIn(plugin, {
    client_id: grants.clientId,
    client_secret: new Secret(grants.clientSecret),
    web_url: webUrl,
    api_url: apiUrl,
    ...options,
  })
  logs.push(opened.host.log.lines)
  return opened
}

function team(organization: string, slug: string, parent: string | null = null): GitHubTeam {
  return {
    organization: { login: organization, id: 7 },
    slug,
    name: `The ${slug}`,
    parent: parent === null ? null : { slug: parent, name: `The ${parent}` },
  }
}

const caught = (answer: unknown) => failureOf(answer, github.grants.secrets)
const asked = () => github.server.received.map(({ url }) => url.split('?')[0])

describe('signing in at GitHub', () => {
  it('gives the account, and its organizations and teams as labels', async () => {
    github.teams = [
      team('acme', 'backend', 'engineering'),
      team('Acme', 'ops'),
      team('acme', 'web', 'engineering'),
    ]
    const opened = await open()
    const { account, labels } = await signedIn(opened)
    expect(account).to.equal('octocat')
    expect(labels).to.deep.include({
      organizations: ['acme'],
      teams: ['backend', 'engineering', 'ops', 'web'],
    })
    await opened.instance.close?.()
  })

  it('asks for organizations only when some are configured', async () => {
    const everybody = await open({})
    const { sent } = await goRound(everybody.signIn)
    expect(sent.searchParams.get('scope')).to.equal('user:email')
    await signedIn(everybody)
    expect(asked()).not.to.include('/api/v3/user/teams')
    const members = await goRound((await open()).signIn)
    expect(members.sent.searchParams.get('scope')).to.equal('user:email read:org')
  })

  it('asks for teams only when an expression looks at them', async () => {
    await signedIn(await open({ ...acme, labels: { of: 'organizations' } }))
    expect(asked()).not.to.include('/api/v3/user/teams')
  })

  it('leaves out teams of organizations that are not configured: anybody can make one of any name', async () => {
    github.teams = [team('mallory', 'admins'), team('acme', 'ops')]
    expect((await signedIn(await open())).labels.teams).to.deep.equal(['ops'])
  })

  it('reads all pages of teams', async () => {
    github.pageSize = 2
    github.teams = ['a', 'b', 'c', 'd', 'e'].map((slug) => team('acme', slug))
    expect((await signedIn(await open())).labels.teams).to.deep.equal(['a', 'b', 'c', 'd', 'e'])
  })

  it('has no end of pages for an error, not for missing labels', async () => {
    github.pageSize = 1
    github.teams = Array.from({ length: 21 }, (_, index) => team('acme', `t${index}`))
    await expectFailure(await open(), /fill over 20 pages/)
  })

  it('follows a link to the next page to no other server', async () => {
    github.pageSize = 1
    github.teams = [team('acme', 'a'), team('acme', 'b')]
    github.linkOrigin = 'https://elsewhere.example.com'
    await expectFailure(await open(), /next page is at https:\/\/elsewhere\.example\.com; correct `api_url`/)
  })

  it('needs one of the organizations', async () => {
    const { labels } = await signedIn(await open({ organizations: ['umbrella', 'acme'] }), log)
    expect(labels.organizations).to.deep.equal(['acme'])
  })

  const refused = [
    [undefined, /not in the organization acme/],
    ['pending', /not accepted its invitation to the organization acme/],
    ['not approved', /acme has not approved this application/],
    ['single sign-on', /acme wants its own single sign-on first/],
  ] as const
  for (const [membership, reason] of refused) {
    it(`refuses with a reason when the membership is ${membership ?? 'none'}`, async () => {
      if (membership) github.memberships.set('acme', membership)
      else github.memberships.clear()
      expect(await refusalOf(await open())).to.match(reason)
    })
  }

  it('takes a GitHub App that is not installed for a fault of the set-up', async () => {
    github.memberships.set('acme', 'not installed')
    await expectFailure(await open(), /must be installed there, with the permission "Members: read"/)
  })

  it('refuses whoever comes with a code for the second time', async () => {
    const round = await goRound((await open()).signIn)
    expect((await round.finish()).outcome).to.equal('accept')
    expect(await round.finish()).to.include({ outcome: 'reject' })
  })

  it('takes a wrong client secret for no refusal, although GitHub answers 200', async () => {
    await expectFailure(await open({ ...acme, client_secret: new Secret('another secret') }), /client_secret/)
  })

  it('refuses accounts that are suspended on a GitHub Enterprise Server', async () => {
    github.user.suspended_at = '2026-01-01T00:00:00Z'
    expect(await refusalOf(await open())).to.match(/suspended/)
  })

  it('evaluates the conditions of the configuration', async () => {
    const opened = await open({ ...acme, accept: 'user.two_factor_authentication == true' })
    expect(await refusalOf(opened)).to.match(/is not true for "octocat"/)
  })

  it('answers at /github_auth, and sends the browser back there', async () => {
    const { signIn } = await open()
    expect(signIn.redirect).to.deep.equal({ url: undefined, path: '/github_auth' })
    const { sent } = await goRound(signIn)
    expect(sent.searchParams.get('redirect_uri')).to.equal('https://auth.example.com/github_auth')
  })
})

describe('looking again at GitHub', () => {
  it('gives fresh labels, by the access token that lasts', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    github.teams = [team('acme', 'new')]
    const again = await opened.instance.refresh!(held, testRequest())
    expect(again).to.deep.include({ outcome: 'accept', account: 'octocat', session: held.session })
    expect(again).to.have.nested.property('labels.teams').that.deep.equals(['new'])
  })

  it('keeps the new refresh token of a GitHub App before anything else can fail', async () => {
    github.app = 'GitHub App'
    const opened = await open()
    const held = await signedIn(opened)
    const kept: JsonValue[] = []
    const saveSession = async (session: JsonValue) => {
      kept.push(session)
      github.trouble = 'down'
    }
    const failed = await caught(opened.instance.refresh!({ ...held, saveSession }, testRequest()))
    expect(failed).to.match(/answered 503/)
    github.trouble = undefined
    const elsewhere = (await open()).instance
    const used = await elsewhere.refresh!(held, testRequest())
    expect(used, 'the old one is used up').to.include({ outcome: 'reject' })
    const again = await elsewhere.refresh!({ ...held, session: kept[0]! }, testRequest())
    expect(again).to.include({ outcome: 'accept', account: 'octocat' })
  })

  it('refuses who was suspended', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    github.trouble = 'suspended'
    const outcome = await opened.instance.refresh!(held, testRequest())
    expect(outcome)
      .to.have.property('reason')
      .that.matches(/suspended/)
  })

  it('refuses who has left the organization', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    github.memberships.clear()
    expect(await opened.instance.refresh!(held, testRequest())).to.include({ outcome: 'reject' })
  })

  it('refuses when the access was revoked', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    github.grants.revoke()
    const outcome = await opened.instance.refresh!(held, testRequest())
    expect(outcome)
      .to.have.property('reason')
      .that.matches(/revoked/)
  })

  it('refuses another account of the same name', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    github.user = { ...github.user, id: 999 }
    const outcome = await opened.instance.refresh!(held, testRequest())
    expect(outcome)
      .to.have.property('reason')
      .that.matches(/another account/)
  })

  it('tells the new name of an account that was renamed', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    github.user = { ...github.user, login: 'octodog' }
    expect(await opened.instance.refresh!(held, testRequest())).to.include({ account: 'octodog' })
  })

  it('refuses a sign-in from before organizations were configured, saying so', async () => {
    const held = await signedIn(await open({}))
    const { instance } = await open()
    const outcome = await instance.refresh!(held, testRequest())
    expect(outcome)
      .to.have.property('reason')
      .that.matches(/was not asked about organizations at this sign-in/)
  })

  it('refuses what has no session of its own', async () => {
    const { instance } = await open()
    const sessions: JsonValue[] = [null, 'text', { id: 583231, access_token: 'x' }, { access_token: 'x' }]
    for (const held of [{}, ...sessions.map((session) => ({ session }))]) {
      const outcome = await instance.refresh!({ account: 'octocat', labels: {}, ...held }, testRequest())
      expect(outcome)
        .to.have.property('reason')
        .that.matches(/no session/)
    }
    expect(asked()).to.deep.equal([])
  })
})

describe('an outage of GitHub is never a refusal', () => {
  const troubles: [NonNullable<GitHubTrouble>, RegExp][] = [
    ['rate limit', /answered 403, too many requests; it may be asked again at 2030-01-01T00:00:00\.000Z/],
    ['secondary rate limit', /answered 403, too many requests/],
    ['down', /answered 503/],
    ['no JSON', /not JSON; see that `api_url`/],
    ['moved', /a redirect; correct `api_url`/],
    ['hangs', /no answer in time/],
  ]
  for (const [trouble, message] of troubles) {
    it(`when it is asked again: ${trouble}`, async () => {
      const opened = await open()
      const held = await signedIn(opened)
      github.trouble = trouble
      const timeout = trouble === 'hangs' ? 300 : 10_000
      const text = await caught(opened.instance.refresh!(held, testRequest({ timeout })))
      expect(text).to.match(message).and.include(new URL(github.webUrl).origin)
    })
  }

  it('when somebody signs in, and when nobody listens there', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    const round = await goRound(opened.signIn)
    github.trouble = 'down'
    expect(await caught(round.finish())).to.match(/answered 503/)
    await github.close()
    expect(await caught(opened.instance.refresh!(held, testRequest()))).to.match(
      /connection refused|was closed/,
    )
  })
})

async function expectFailure({ signIn }: Awaited<ReturnType<typeof open>>, message: RegExp): Promise<void> {
  const round = await goRound(signIn)
  expect(await failureOf(round.finish(), github.grants.secrets, round.log)).to.match(message)
}
