import { expect } from 'chai'
import { type JsonValue, Secret } from '../../core/plugin.ts'
import { testRequest } from '../../core/testing/index.ts'
import { type GitLabStandIn, type GitLabTrouble, startGitLab } from '../../test/support/gitlab-stand-in.ts'
import { failureOf, goRound, openSignIn, refusalOf, signedIn } from '../../test/support/oauth-stand-in.ts'
import plugin from './index.ts'

let gitlab: GitLabStandIn
beforeEach(async () => {
  gitlab = await startGitLab()
})
afterEach(() => gitlab.close())

async function open(options: object = {}) {
  const { webUrl, grants } = gitlab
  return openSignIn(plugin, {
    client_id: grants.clientId,
    client_secret: new Secret(grants.clientSecret),
    redirect_url: 'https://auth.example.com/gitlab_auth',
    web_url: webUrl,
    ...options,
  })
}

const caught = (answer: unknown) => failureOf(answer, gitlab.grants.secrets)
const asked = () => gitlab.server.received.map(({ url }) => url.split('?')[0])

describe('signing in at GitLab', () => {
  it('gives the account, and its groups as a label', async () => {
    const opened = await open()
    const { sent } = await goRound(opened.signIn)
    expect(sent.searchParams.get('scope')).to.equal('read_user openid')
    expect(sent.searchParams.get('redirect_uri')).to.equal('https://auth.example.com/gitlab_auth')
    const { account, labels } = await signedIn(opened)
    expect(account).to.equal('jane')
    expect(labels).to.deep.include({ groups: ['acme', 'acme/backend'] })
  })

  it('has no groups, and does not ask for them, with read_user alone', async () => {
    const { labels } = await signedIn(await open({ scopes: ['read_user'] }))
    expect(labels).not.to.have.property('groups')
    expect(asked()).not.to.include('/oauth/userinfo')
  })

  it('lets in members of one of the allowed groups, whatever the case of the path', async () => {
    const allowed_groups = ['umbrella', 'ACME/Backend']
    expect(await signedIn(await open({ allowed_groups, labels: {} }))).to.include({ account: 'jane' })
    gitlab.groups = ['acme', 'acme/backend-interns']
    expect(await refusalOf(await open({ allowed_groups }))).to.match(/none of the groups that may sign in/)
  })

  for (const state of ['blocked', 'deactivated', 'banned', 'blocked_pending_approval']) {
    it(`refuses an account that is ${state}`, async () => {
      gitlab.user.state = state
      expect(await refusalOf(await open())).to.include(`"${state}"`)
    })
  }

  it('refuses whoever comes with a code for the second time', async () => {
    const round = await goRound((await open()).signIn)
    expect((await round.finish()).outcome).to.equal('accept')
    expect(await round.finish()).to.include({ outcome: 'reject' })
  })

  it('takes a wrong client secret for no refusal', async () => {
    const { signIn } = await open({ client_secret: new Secret('another secret') })
    expect(await caught((await goRound(signIn)).finish())).to.match(/client_secret/)
  })

  it('takes an application with too few scopes for no refusal', async () => {
    const round = await goRound((await open()).signIn)
    gitlab.trouble = 'insufficient scope'
    expect(await caught(round.finish())).to.match(/too few scopes; see `scopes`/)
  })

  it('says which address is wrong', async () => {
    const { signIn } = await open({ api_url: `${gitlab.webUrl}/api/v3` })
    expect(await caught((await goRound(signIn)).finish())).to.match(
      /\/api\/v3\/user: answered 404 .*`api_url`/,
    )
  })
})

describe('looking again at GitLab', () => {
  it('gives fresh labels and the next refresh token', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    gitlab.groups = ['umbrella']
    const again = await opened.instance.refresh!(held, testRequest())
    expect(again).to.include({ outcome: 'accept', account: 'jane' })
    expect(again).to.have.nested.property('labels.groups').that.deep.equals(['umbrella'])
    expect(again).to.have.property('session').that.not.deep.equals(held.session)
  })

  it('keeps the next refresh token before anything else can fail', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    const kept: JsonValue[] = []
    gitlab.trouble = 'down'
    const saveSession = async (session: JsonValue) => void kept.push(session)
    expect(await caught(opened.instance.refresh!({ ...held, saveSession }, testRequest()))).to.match(
      /answered 502/,
    )
    gitlab.trouble = undefined
    const elsewhere = (await open()).instance
    const again = await elsewhere.refresh!({ ...held, session: kept[0]! }, testRequest())
    expect(again).to.include({ outcome: 'accept', account: 'jane' })
  })

  it('refuses who was blocked, as the API says it then', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    gitlab.trouble = 'blocked'
    const outcome = await opened.instance.refresh!(held, testRequest())
    expect(outcome)
      .to.have.property('reason')
      .that.matches(/lets this account do nothing/)
  })

  it('refuses when the access was revoked', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    gitlab.grants.revoke()
    expect(await opened.instance.refresh!(held, testRequest())).to.include({ outcome: 'reject' })
  })

  it('refuses another account of the same name', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    gitlab.user = { ...gitlab.user, id: 43 }
    const outcome = await opened.instance.refresh!(held, testRequest())
    expect(outcome)
      .to.have.property('reason')
      .that.matches(/another account/)
  })

  it('refuses who has left the allowed groups', async () => {
    const opened = await open({ allowed_groups: ['acme'] })
    const held = await signedIn(opened)
    gitlab.groups = []
    expect(await opened.instance.refresh!(held, testRequest())).to.include({ outcome: 'reject' })
  })
})

describe('an outage of GitLab is never a refusal', () => {
  const troubles: [NonNullable<GitLabTrouble>, RegExp][] = [
    ['rate limit', /answered 429, too many requests; it may be asked again in 60 s/],
    ['down', /answered 502/],
    ['hangs', /no answer in time/],
  ]
  for (const [trouble, message] of troubles) {
    it(`when it is asked again: ${trouble}`, async () => {
      const opened = await open()
      const held = await signedIn(opened)
      gitlab.trouble = trouble
      const timeout = trouble === 'hangs' ? 300 : 10_000
      const text = await caught(opened.instance.refresh!(held, testRequest({ timeout })))
      expect(text).to.match(message).and.include(gitlab.webUrl)
    })
  }

  it('when its token endpoint is down', async () => {
    const opened = await open()
    const held = await signedIn(opened)
    gitlab.tokenTrouble = 'down'
    expect(await caught(opened.instance.refresh!(held, testRequest()))).to.include(gitlab.webUrl)
    gitlab.tokenTrouble = undefined
    expect(await opened.instance.refresh!(held, testRequest())).to.include({ outcome: 'accept' })
  })
})
