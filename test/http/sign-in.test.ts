// Signing in with a browser, on a whole server: the way to the provider and back, the password that is handed out, its list
// and its end.
import { expect } from 'chai'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { OWNERS, SIGNING_IN } from '../support/plugins/index.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'
import { type PageSeen, Visitor } from '../support/visitor.ts'

const ALICE = { account: 'alice@example.com', labels: { group: ['dev'] } }
const SCOPE = 'repository:alice@example.com/app:pull,push'
const ADDRESS = 'http://127.0.0.1'

const passwordIn = ({ text }: PageSeen): string => /dwp_\w+/.exec(text)?.[0] ?? ''
const textOf = ({ text }: PageSeen): string => text.replace(/<[^>]+>/g, '')
const field = ({ text }: PageSeen, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? ''

describe('signing in with a browser', () => {
  let provider: IdentityProvider
  let server: TestInstance
  let at: string
  beforeEach(async () => {
    provider = await startIdentityProvider()
    provider.person = ALICE
  })
  afterEach(async () => {
    await server.stop()
    await provider.close()
  })

  async function start(options: object = {}, more: object = {}): Promise<void> {
    server = await startTestServer({
      config: {
        authenticators: [
          { plugin: SIGNING_IN, id: 'example', options: { provider: provider.url, ...options } },
        ],
        authorizers: [{ plugin: OWNERS }],
        ...more,
      },
    })
    at = `${ADDRESS}:${server.port}`
  }

  async function signIn(visitor = new Visitor()): Promise<PageSeen> {
    const { location } = await visitor.get(`${at}/example_auth/start`)
    return await visitor.get(provider.consent(location!))
  }

  const token = (password: string, more: object = {}) =>
    server.token({ user: [ALICE.account, password], query: { service: 'registry', scope: SCOPE, ...more } })
  const audits = () => server.lines().filter(({ audit }) => audit === 'sign-in')

  it('hands out a password that is good for docker login, and for the refresh token of that', async () => {
    await start({ registry: 'registry.example.com' })
    const page = await signIn()
    expect(page.status).to.equal(200)
    expect(textOf(page)).to.include('docker login --username alice@example.com registry.example.com')
    const password = passwordIn(page)

    const { status, access, json } = await token(password, { offline_token: 'true', client_id: 'docker' })
    expect([status, access]).to.deep.equal([200, [SCOPE]])
    const refreshed = await server.token({
      form: {
        grant_type: 'refresh_token',
        refresh_token: json.refresh_token,
        service: 'registry',
        scope: SCOPE,
      },
    })
    expect([refreshed.status, refreshed.access]).to.deep.equal([200, [SCOPE]])
    expect(provider.refreshes).to.equal(0)
    expect(audits()).to.have.lengthOf(1)
    expect(audits()[0]).to.include({
      action: 'sign-in',
      account: ALICE.account,
      status: 200,
      authenticator: 'example',
    })
    expect(server.audits()[0]).to.include({ grant: 'personal_token', token: audits()[0]!.token })
  })

  it('shows the password once, and lists all', async () => {
    await start()
    const visitor = new Visitor()
    const first = await signIn(visitor)
    const second = await signIn(visitor)
    const page = await visitor.get(`${at}/example_auth`)
    expect(page.status).to.equal(200)
    for (const seen of [first, second]) {
      expect(passwordIn(seen)).to.match(/^dwp_/)
      expect(page.text).not.to.include(passwordIn(seen))
    }
    expect(page.text.match(/action="\/example_auth\/revoke"/g)).to.have.lengthOf(2)
  })

  it('revokes a password from the page, with what was got with it, and no other', async () => {
    await start()
    const visitor = new Visitor()
    const [kept, gone] = [passwordIn(await signIn(visitor)), passwordIn(await signIn(visitor))]
    const { json } = await token(gone, { offline_token: 'true' })
    const page = await visitor.get(`${at}/example_auth`)
    const answer = await visitor.post(`${at}/example_auth/revoke`, {
      csrf: field(page, 'csrf'),
      id: field(page, 'id'),
    })
    expect([answer.status, answer.location]).to.deep.equal([303, `${at}/example_auth`])

    expect((await token(gone)).status).to.equal(401)
    expect((await token(kept)).status).to.equal(200)
    const form = { grant_type: 'refresh_token', refresh_token: json.refresh_token, service: 'registry' }
    expect((await server.token({ form })).status).to.equal(400)
    expect(audits().at(-1)).to.include({ action: 'revoke', account: ALICE.account, status: 303 })
  })

  it('gives a password the name that was asked for before, by a page that leads on', async () => {
    await start()
    const visitor = new Visitor()
    const named = async (name: string) => {
      const onward = await visitor.get(`${at}/example_auth/start?${new URLSearchParams({ name })}`)
      // A redirect of a form's answer would be stopped by the pages' own policy.
      expect(onward.status).to.equal(200)
      const url = /http-equiv="refresh" content="0; url=([^"]*)"/
        .exec(onward.text)![1]!
        .replaceAll('&amp;', '&')
      return await visitor.get(provider.consent(url))
    }
    const page = await named(' <my> laptop ')
    expect(page.text).to.include('&lt;my&gt; laptop').and.not.include('<my>')
    expect(passwordIn(page)).to.match(/^dwp_/)
    for (const none of ['', 'x'.repeat(65), 'a\nb']) expect(passwordIn(await named(none))).to.match(/^dwp_/)
    const list = await visitor.get(`${at}/example_auth`)
    expect(list.text.match(/&lt;my&gt; laptop<\/bdi>/g)).to.have.lengthOf(1)
    expect(list.text.match(/\/revoke"/g)).to.have.lengthOf(4)
  })

  it('makes no further password for who comes to revoke one, also when the browser had to sign in again', async () => {
    await start()
    const visitor = new Visitor()
    const password = passwordIn(await signIn(visitor))
    // The browser was closed in the meantime.
    const again = new Visitor()
    const refused = await again.post(`${at}/example_auth/revoke`, { csrf: 'x', id: 'x' })
    expect(refused.status).to.equal(401)
    const [, link] = /href="([^"]*\/start\?list)"/.exec(refused.text)!
    const { location } = await again.get(`${at}${link}`)
    const page = await again.get(provider.consent(location!))
    expect(page.status).to.equal(200)
    expect(passwordIn(page)).to.equal('')
    expect(page.text.match(/\/revoke"/g)).to.have.lengthOf(1)
    await again.post(`${at}/example_auth/revoke`, { csrf: field(page, 'csrf'), id: field(page, 'id') })
    expect((await token(password)).status).to.equal(401)
    expect((await again.get(`${at}/example_auth`)).text).to.include('You have no password here')
  })

  it('says as whom somebody was refused, and lets the provider ask again who it is', async () => {
    await start()
    provider.person = { account: 'bob@example.com', labels: {}, refused: 'only people of Acme' }
    const page = await signIn()
    expect(page.status).to.equal(403)
    expect(textOf(page)).to.include('You came as bob@example.com')
    expect(audits().at(-1)).to.include({ account: 'bob@example.com', status: 403 })
    const [, link] = /href="([^"]*)">Try another account/.exec(page.text)!
    const visitor = new Visitor()
    const asked = await visitor.get(`${at}${link}`)
    expect(asked.text).to.include('<input type="hidden" name="another">')
    const onward = await visitor.get(`${at}/example_auth/start?another`)
    expect(new URL(onward.location!).searchParams.get('prompt')).to.equal('login')
  })

  it("revokes nobody else's password", async () => {
    await start()
    const bob = new Visitor()
    provider.person = { account: 'bob@example.com', labels: {} }
    const page = await signIn(bob)
    provider.person = ALICE
    const alice = new Visitor()
    const hers = await signIn(alice)
    await bob.post(`${at}/example_auth/revoke`, { csrf: field(page, 'csrf'), id: field(hers, 'id') })
    expect((await token(passwordIn(hers))).status).to.equal(200)
  })

  it('signs out: the browser shows nothing any more, and the password stays good', async () => {
    await start()
    const visitor = new Visitor()
    const page = await signIn(visitor)
    const before = visitor.clone()
    const out = await visitor.post(`${at}/example_auth/sign-out`, { csrf: field(page, 'csrf') })
    expect(out.status).to.equal(200)
    expect(out.text).to.include(`${provider.url}/sign-out`)
    for (const browser of [visitor, before]) {
      expect((await browser.get(`${at}/example_auth`)).text).to.include('/example_auth/start')
    }
    expect((await token(passwordIn(page))).status).to.equal(200)
  })

  it('shows nothing any more for what a browser had before it signed in again', async () => {
    await start()
    const visitor = new Visitor()
    await signIn(visitor)
    const before = visitor.clone()
    expect((await before.get(`${at}/example_auth`)).text).to.include(ALICE.account)
    await signIn(visitor)
    const page = await before.get(`${at}/example_auth`)
    expect(page.text).to.include('/example_auth/start').and.not.include(ALICE.account)
    expect((await visitor.get(`${at}/example_auth`)).text).to.include(ALICE.account)
  })

  for (const [name, path, fields] of [
    ['revoke', 'revoke', { id: 'x' }],
    ['sign out', 'sign-out', {}],
  ] as const) {
    it(`does not ${name} for a form of another site`, async () => {
      await start()
      const visitor = new Visitor()
      await signIn(visitor)
      const answer = await visitor.post(`${at}/example_auth/${path}`, { ...fields, csrf: 'guessed' })
      expect(answer.status).to.equal(403)
      expect((await visitor.get(`${at}/example_auth`)).text).to.include(ALICE.account)
      expect(audits().at(-1)).to.include({ action: path, status: 403 })
    })

    it(`does not ${name} for who has not signed in`, async () => {
      await start()
      const answer = await new Visitor().post(`${at}/example_auth/${path}`, { ...fields, csrf: '' })
      expect(answer.status).to.equal(401)
    })
  }

  const foreign: [string, (visitor: Visitor, back: string) => Promise<PageSeen>][] = [
    ['of another browser', (_, back) => new Visitor().get(back)],
    [
      'that was used',
      async (visitor, back) => {
        await visitor.get(back)
        return await visitor.get(back)
      },
    ],
    ['that nobody made', (visitor, back) => visitor.get(back.replace(/state=[^&]+/, 'state=invented'))],
    ['that is missing', (visitor, back) => visitor.get(back.replace(/state=[^&]+&/, ''))],
  ]
  for (const [name, visit] of foreign) {
    it(`refuses a state ${name}, with one audit line`, async () => {
      await start()
      const visitor = new Visitor()
      const { location } = await visitor.get(`${at}/example_auth/start`)
      const page = await visit(visitor, provider.consent(location!))
      expect(page.status).to.equal(400)
      expect(page.text).to.include('not begun in this browser')
      expect(passwordIn(page)).to.equal('')
      const refused = audits().filter(({ msg }) => msg === 'sign-in refused')
      expect(refused).to.have.lengthOf(1)
      expect(refused[0]).to.include({ status: 400 })
    })
  }

  /** Two instances of one plugin, each with pages of its own. */
  const startTwo = () =>
    start(
      {},
      {
        authenticators: ['one', 'two'].map((id) => ({
          plugin: SIGNING_IN,
          id,
          options: { provider: provider.url, redirect_url: `https://auth.example.com/${id}_auth` },
        })),
      },
    )

  it('knows a browser at the sign-in that it came in with only, also under the name of another cookie', async () => {
    await startTwo()
    const visitor = new Visitor()
    const { location } = await visitor.get(`${at}/one_auth/start?again`)
    const { headers } = await visitor.get(`${at}/one_auth${new URL(provider.consent(location!)).search}`)
    const [, value] = /browser-one_auth=([^;]+)/.exec(headers.getSetCookie().join('\n'))!
    const pageOf = async (id: string) => {
      const cookie = `__Host-dockwarden-browser-${id}_auth=${value}`
      return (await new Visitor({ cookie }).get(`${at}/${id}_auth`)).text
    }
    expect(await pageOf('one')).to.include(ALICE.account)
    expect(await pageOf('two'))
      .to.include('/two_auth/start')
      .and.not.include(ALICE.account)
  })

  it('takes a state back at the sign-in that it was made for only', async () => {
    await startTwo()
    const visitor = new Visitor()
    const { location } = await visitor.get(`${at}/one_auth/start?again`)
    const back = new URL(provider.consent(location!))
    expect((await visitor.clone().get(`${at}/two_auth${back.search}`)).status).to.equal(400)
    expect((await visitor.get(`${at}/one_auth${back.search}`)).status).to.equal(200)
  })

  it('sends the browser to the registered address first, once', async () => {
    await start({ redirect_url: 'https://auth.example.com/team/example_auth' })
    const visitor = new Visitor()
    const first = await visitor.get(`${at}/example_auth/start`)
    expect(first.location).to.equal('https://auth.example.com/team/example_auth/start?again')
    const second = await visitor.get(`${at}/example_auth/start?again`)
    expect(new URL(second.location!).origin).to.equal(provider.url)
    // A way to the provider that came out of a cache would have a state that this browser did not begin.
    for (const { headers } of [first, second]) expect(headers.get('cache-control')).to.equal('no-store')
  })

  describe('begins at once only for a step on its own pages', () => {
    const ownPage = () => `${at}/example_auth`
    const cases: [name: string, headers: () => Record<string, string | string[]>, begins: boolean][] = [
      ['a link of its own page', () => ({ 'sec-fetch-site': 'same-origin' }), true],
      ['an address that was typed', () => ({ 'sec-fetch-site': 'none' }), true],
      [
        'a link of its own page over plain HTTP, which has a referrer only',
        () => ({ referer: ownPage() }),
        true,
      ],
      ['a link of another site', () => ({ 'sec-fetch-site': 'cross-site' }), false],
      ['a link of a sibling domain', () => ({ 'sec-fetch-site': 'same-site' }), false],
      ['a browser that does not say', () => ({}), false],
      ['an empty value', () => ({ 'sec-fetch-site': '' }), false],
      ['a value of another case', () => ({ 'sec-fetch-site': 'Same-Origin' }), false],
      ['a value that nobody knows', () => ({ 'sec-fetch-site': 'same-process' }), false],
      ['several values', () => ({ 'sec-fetch-site': ['none', 'cross-site'] }), false],
      [
        'a referrer beside another value',
        () => ({ 'sec-fetch-site': 'same-site', referer: ownPage() }),
        false,
      ],
      ['a referrer of another port', () => ({ referer: `${ADDRESS}:1/example_auth` }), false],
      ['a referrer of another scheme', () => ({ referer: ownPage().replace('http:', 'https:') }), false],
      ['a referrer with our address in front', () => ({ referer: `${at}.example.com/` }), false],
      ['a referrer that is no URL', () => ({ referer: 'null' }), false],
    ]
    for (const [name, headers, begins] of cases) {
      it(`${name}: ${begins ? 'begins' : 'shows the page with the button'}`, async () => {
        await start()
        const path = '/example_auth/start'
        const answer = await server.send({ path, headers: { accept: 'text/html', ...headers() } })
        expect(answer.status).to.equal(begins ? 302 : 200)
        expect(answer.headers['set-cookie'] ?? []).to.have.lengthOf(begins ? 1 : 0)
        if (begins) expect(new URL(String(answer.headers.location)).origin).to.equal(provider.url)
        else
          expect(answer.text)
            .to.include(`action="${path}"`)
            .and.include('<meta name="referrer" content="same-origin">')
      })
    }

    it('for whoever has signed in, too', async () => {
      await start()
      const visitor = new Visitor()
      await signIn(visitor)
      const page = await visitor.get(`${at}/example_auth/start`, { 'sec-fetch-site': 'same-site' })
      expect(page.status).to.equal(200)
      expect(page.text).to.include('action="/example_auth/start"').and.include(ALICE.account)
    })

    it('shows the button where the sign-in is registered', async () => {
      await start({ redirect_url: 'https://auth.example.com/team/example_auth' })
      const visitor = new Visitor({ 'sec-fetch-site': 'cross-site' })
      const { location } = await visitor.get(`${at}/example_auth/start`)
      expect(location).to.equal('https://auth.example.com/team/example_auth/start?again')
      const page = await visitor.get(`${at}/example_auth/start?again`)
      expect(page.text).to.include('action="/team/example_auth/start"')
      expect(visitor.cookies(at)).to.deep.equal([])
    })
  })

  it('hands out nothing for a HEAD, which nobody sees', async () => {
    await start()
    const visitor = new Visitor()
    const { location } = await visitor.get(`${at}/example_auth/start`)
    const back = provider.consent(location!)
    expect((await visitor.head(back)).status).to.equal(200)
    expect(audits()).to.deep.equal([])
    expect(passwordIn(await visitor.get(back))).to.match(/^dwp_/)
  })

  it('takes a state once, also when its cookie comes again', async () => {
    await start()
    const visitor = new Visitor()
    const { location } = await visitor.get(`${at}/example_auth/start`)
    const before = visitor.clone()
    expect((await visitor.get(provider.consent(location!))).status).to.equal(200)
    expect((await before.get(provider.consent(location!))).status).to.equal(400)
  })

  it('fills no browser with cookies', async () => {
    await start()
    const visitor = new Visitor()
    for (let times = 0; times < 8; times++) await visitor.get(`${at}/example_auth/start`)
    expect(visitor.cookies(at)).to.have.lengthOf(5)
    const { location } = await visitor.get(`${at}/example_auth/start`)
    expect((await visitor.get(provider.consent(location!))).status).to.equal(200)
  })

  it('ends the password that was not used for the longest time when there are too many', async () => {
    await start()
    const visitor = new Visitor()
    const first = passwordIn(await signIn(visitor))
    const second = passwordIn(await signIn(visitor))
    const listed = ({ text }: PageSeen) => text.match(/\/revoke"/g)?.length
    while (listed(await signIn(visitor)) !== 50);
    expect((await token(first)).status).to.equal(200)
    await eventually(
      async () => (await visitor.get(`${at}/example_auth`)).text.match(/Never/g)?.length === 49,
    )
    const page = await signIn(visitor)
    expect(listed(page)).to.equal(50)
    for (const [password, status] of [
      [first, 200],
      [second, 401],
      [passwordIn(page), 200],
    ] as const) {
      expect((await token(password)).status).to.equal(status)
    }
  })

  for (const host of ['x//evil.example', 'evil.example/x?', 'a b', 'host:99999']) {
    it(`makes no address of the Host header ${host}`, async () => {
      await start()
      const { status, text } = await server.send({
        path: '/example_auth',
        headers: { host, accept: 'text/html' },
      })
      expect(status).to.equal(400)
      expect(text).not.to.include('href')
    })
  }

  it('warns of a redirect_url without the path_prefix', async () => {
    await start(
      { redirect_url: 'https://auth.example.com/example_auth' },
      {
        server: { path_prefix: '/team' },
        authenticators: [
          {
            plugin: SIGNING_IN,
            id: 'one',
            options: { provider: provider.url, redirect_url: 'https://auth.example.com/example_auth' },
          },
          {
            plugin: SIGNING_IN,
            id: 'two',
            options: { provider: provider.url, redirect_url: 'https://auth.example.com/team/two_auth' },
          },
        ],
      },
    )
    const { warnings } = server.server.services
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).to.deep.equal([
      'authenticators[0]: redirect_url does not hold path_prefix: browsers come back to /team/example_auth only if a proxy adds that; write and register one that ends so',
    ])
  })

  it('sets cookies that no script, no other site and no other host can use', async () => {
    await start({ redirect_url: 'https://auth.example.com/example_auth' })
    const visitor = new Visitor()
    const begun = await visitor.get(`${at}/example_auth/start?again`)
    const back = new URL(provider.consent(begun.location!))
    const page = await visitor.get(`${at}/example_auth${back.search}`)
    const set = [begun, page].flatMap(({ headers }) => headers.getSetCookie())
    expect(set).to.have.lengthOf(3)
    for (const line of set) {
      expect(line).to.match(/^__Host-dockwarden-/)
      expect(line.toLowerCase())
        .to.include('path=/')
        .and.include('secure')
        .and.include('httponly')
        .and.include('samesite=lax')
      expect(line.toLowerCase()).not.to.include('domain=')
    }
  })

  it('says that the person or the provider said no, and hands out nothing', async () => {
    await start()
    provider.person = undefined
    const page = await signIn()
    expect(page.status).to.equal(403)
    expect(page.text).to.include('the person said no')
    expect(audits()).to.have.lengthOf(1)
    expect(audits()[0]).to.include({ status: 403, msg: 'sign-in refused' })
  })

  it('answers 503 while the provider is down, which is no refusal', async () => {
    await start()
    provider.down = true
    const page = await signIn()
    expect(page.status).to.equal(503)
    expect(page.headers.get('retry-after')).to.match(/^\d+$/)
    expect(page.text).to.include('Example Corp can not be asked')
    expect(audits()).to.have.lengthOf(1)
    expect(audits()[0]!.reason).to.include('is down')
  })

  for (const account of ['', '<token>', 'a:b', 'evil\nheader', 'x'.repeat(257), ' padded']) {
    it(`hands out nothing for the account ${JSON.stringify(account.slice(0, 20))}, which no client can send`, async () => {
      await start()
      provider.person = { account, labels: {} }
      const page = await signIn()
      expect(page.status).to.equal(403)
      expect(passwordIn(page)).to.equal('')
      expect(audits()).to.have.lengthOf(1)
    })
  }

  it('shows what an account name says as text, and lets it into no header', async () => {
    await start()
    provider.person = { account: `"><script>alert(1)</script>'`, labels: {} }
    const page = await signIn()
    expect(page.status).to.equal(200)
    expect(page.text).not.to.include('<script>alert')
    expect(page.text).to.include('&lt;script&gt;alert')
  })

  for (const query of [
    'error=<script>alert(1)</script>',
    'error=x%0d%0aSet-Cookie:%20a=b&state=%0d%0ab',
    'code=a&code=b&state[]=c',
  ]) {
    it(`is not moved by the query ${query}`, async () => {
      await start()
      const page = await new Visitor().get(`${at}/example_auth?${query}`)
      expect(page.status).to.equal(400)
      expect(page.text).not.to.include('<script>alert')
      expect(page.headers.getSetCookie()).to.deep.equal([])
    })
  }

  it('lists the ways to sign in for browsers at /, and stays JSON for others', async () => {
    await start()
    const page = await new Visitor().get(`${at}/`)
    expect(page.headers.get('content-type')).to.match(/^text\/html/)
    expect(page.text).to.include('href="/example_auth"').and.include('Example Corp')
    expect((await server.send({ path: '/', headers: { accept: '*/*' } })).json).to.include({
      service: 'Dockwarden',
    })
  })

  it('ends the password with the login when the provider can not be asked later', async () => {
    provider.lasting = false
    await start({ revalidate_after: '1h' })
    const page = await signIn()
    expect(page.text).to.include('can not be asked later')
    expect((await token(passwordIn(page))).status).to.equal(200)
    const ends = /Ends<\/dt><dd><time datetime="([^"]+)"/.exec(page.text)?.[1] ?? ''
    expect(Date.parse(ends) - Date.now()).to.be.within(3_500_000, 3_600_000)
  })

  it('ends the password with the login when what the provider gave is too much to be kept', async () => {
    provider.lasting = false
    provider.person = { ...ALICE, session: 'x'.repeat(20_000) }
    await start({ revalidate_after: '1h' })
    const page = await signIn()
    expect(page.text).to.include('can not be asked later')
    expect((await token(passwordIn(page))).status).to.equal(200)
    expect(server.lines().find(({ level }) => level === 'warn')?.reason).to.include(
      'more than 16384 characters',
    )
  })

  it('asks the provider again after the interval, once for all that come together, and keeps the new session', async () => {
    await start({ revalidate_after: '1ms' })
    const password = passwordIn(await signIn())
    for (const round of [1, 2, 3]) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => token(password)))
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(8).fill(200))
      // One for those who came together; later ones may need another, but never with an old refresh token.
      expect(provider.refreshes).to.be.at.least(round)
    }
  })

  it('refuses a password whose account was disabled, and says where to sign in again', async () => {
    await start({ revalidate_after: '1ms' })
    const password = passwordIn(await signIn())
    const { json } = await token(password, { offline_token: 'true' })
    provider.disable(ALICE.account)
    const refused = await token(password)
    expect(refused.status).to.equal(401)
    expect(refused.json.errors[0].message).to.match(/sign in again at Example Corp and take a new one/)
    expect(server.audits().at(-1)!.reason).to.include('the session has ended')
    const form = { grant_type: 'refresh_token', refresh_token: json.refresh_token, service: 'registry' }
    const child = await server.token({ form })
    expect(child.status).to.equal(400)
    expect(child.json.error_description).to.include('sign in again')
  })

  it('goes on by grace while the provider is down, and says so in the log', async () => {
    await start({ revalidate_after: '1ms', grace: '1h' })
    const password = passwordIn(await signIn())
    provider.down = true
    expect((await token(password)).access).to.deep.equal([SCOPE])
    expect(server.lines().some(({ msg }) => msg?.includes('holds by grace'))).to.equal(true)
    provider.down = false
    expect((await token(password)).status).to.equal(200)
  })

  it('answers 503 when the grace is over, and names the provider', async () => {
    await start({ revalidate_after: '1ms', grace: 0 })
    const password = passwordIn(await signIn())
    provider.down = true
    const answer = await token(password)
    expect(answer.status).to.equal(503)
    expect(answer.json.errors[0].message).to.equal(
      'Example Corp can not be asked whether your sign-in is still good; try again later',
    )
    provider.down = false
    expect((await token(password)).status).to.equal(200)
  })

  it('takes the labels that the provider gives later', async () => {
    await start(
      { revalidate_after: '1ms' },
      {
        authorizers: [
          { plugin: 'acl', options: { rules: [{ match: { labels: { group: 'dev' } }, actions: ['*'] }] } },
        ],
      },
    )
    const person = { account: ALICE.account, labels: { group: ['dev'] } }
    provider.person = person
    const password = passwordIn(await signIn())
    expect((await token(password)).access).to.deep.equal([SCOPE])
    person.labels.group[0] = 'other'
    expect((await token(password)).access).to.deep.equal([`${SCOPE.split(':').slice(0, 2).join(':')}:`])
  })

  it('refuses two sign-ins at one path, and a path of the server itself', async () => {
    await start()
    const refuse = async (ids: string[], url?: string) => {
      try {
        const other = await startTestServer({
          config: {
            authenticators: ids.map((id) => ({
              plugin: SIGNING_IN,
              id,
              options: { provider: provider.url, ...(url && { redirect_url: url }) },
            })),
            authorizers: [],
          },
        })
        await other.stop()
        return 'started'
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(await refuse(['a', 'b'])).to.match(
      /would be at \/example_auth, as that of plugin signing-in \(id a\)/,
    )
    expect(await refuse(['a'], 'https://auth.example.com/token')).to.match(
      /\/token, which is the server's own/,
    )
  })
})
