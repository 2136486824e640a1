// From a real browser at a certified OpenID provider to a push: Chromium, oidc-provider, Debian's registry, skopeo.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { needs } from '../support/debian.ts'
import { freePort } from '../support/free-port.ts'
import { writeImage } from '../support/image.ts'
import { type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts'
import { OWNERS } from '../support/plugins/index.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'
import { skopeoIn } from '../support/skopeo.ts'

const SECRET = 'canary of the client'
const ISSUER = 'Auth Service'
const alice = { preferred_username: 'alice', email: 'alice@example.com', email_verified: true }

describe('a browser sign-in, with a real browser, provider, registry and client', function () {
  this.timeout(60_000)
  needs('chromium', 'docker-registry', 'skopeo')
  let started: AsyncDisposableStack
  let folder: string
  let provider: OpenIdProvider
  let server: TestInstance
  let registry: Registry
  let browser: TestBrowser
  let at: string
  let skopeo: ReturnType<typeof skopeoIn>

  beforeEach(async () => {
    started = new AsyncDisposableStack()
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-browser-sign-in-'))
    started.defer(() => rmSync(folder, { recursive: true, force: true }))
    writeImage(join(folder, 'image'))
    skopeo = skopeoIn(folder)
    const port = await freePort()
    at = `http://127.0.0.1:${port}`
    provider = await startOpenIdProvider({
      clients: [{ client_id: 'dockwarden', client_secret: SECRET, redirect_uris: [`${at}/oidc_auth`] }],
      accounts: { alice },
    })
    started.use(provider)
    browser = await startBrowser()
    started.use(browser)
  })
  afterEach(() => started.disposeAsync())

  async function serve(authenticator: object): Promise<void> {
    server = await startTestServer({
      config: {
        server: { listen: at.replace('http://', '') },
        token: { issuer: ISSUER },
        authenticators: [{ plugin: 'oidc', id: 'corp', ...authenticator }],
        authorizers: [{ plugin: OWNERS }],
      },
      env: { OIDC_SECRET: SECRET },
    })
    started.defer(() => server.stop())
    registry = await startRegistry({
      realm: `${at}/auth`,
      service: 'registry',
      issuer: ISSUER,
      rootcertbundle: readFileSync(join(server.folder, 'var/signing-ca.crt'), 'utf8'),
    })
    started.defer(() => registry.stop())
  }

  const options = (more: object = {}) => ({
    options: {
      title: 'Example Corp',
      issuer: provider.issuer,
      client_id: 'dockwarden',
      client_secret: '!env OIDC_SECRET',
      redirect_url: `${at}/oidc_auth`,
      account: 'claims.preferred_username',
      ...more,
    },
  })

  /** From the page that lists the sign-ins to the shown password. */
  async function signIn(page: Page): Promise<string> {
    await page.goto(`${at}/`)
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).click()
    await goOn(page)
    // The provider remembers who signed in before.
    for (const button of ['Sign in', 'Allow']) {
      if (page.url().startsWith(at)) break
      const name = page.getByLabel('Name')
      if (await name.isVisible()) await name.fill('alice')
      await page.getByRole('button', { name: button }).click()
      await page.waitForLoadState()
    }
    return await page.getByLabel('Password', { exact: true }).inputValue()
  }

  /** Asks for a password, signed in or not, and waits until the page on the way has led on. */
  async function goOn(page: Page): Promise<void> {
    await page.getByLabel('Name of the new password').fill('laptop')
    await page.getByRole('button', { name: /^(Continue to Example Corp|Get a new password)$/ }).click()
    const asked = page.getByRole('button', { name: /^(Sign in|Allow)$/ })
    await asked.or(page.getByRole('heading', { name: 'Your new password' })).waitFor()
  }

  const login = (password: string) =>
    skopeo('login', '--tls-verify=false', '-u', 'alice', '-p', password, registry.address)
  const push = (name: string) =>
    skopeo(
      'copy',
      '--dest-tls-verify=false',
      `oci:${folder}/image:latest`,
      `docker://${registry.address}/alice/${name}:latest`,
    )

  it('signs in, pushes with the shown password, signs in again, revokes the first one', async () => {
    await serve(options())
    const page = await (await browser.newContext()).newPage()
    const problems: string[] = []
    page.on('console', (line) => {
      if (line.type() === 'error' && line.location().url.startsWith(at)) problems.push(line.text())
    })
    page.on('pageerror', (error) => void problems.push(error.message))

    const first = await signIn(page)
    expect(first).to.match(/^dwp_/)
    // Neither code nor state stays in the address bar, so that to load the page again is no replay.
    expect(page.url()).to.equal(`${at}/oidc_auth`)
    expect(await login(first)).to.include({ status: 0 })
    expect(await push('app')).to.include({ status: 0 })

    const second = await signIn(page)
    expect(second).to.match(/^dwp_/).and.not.equal(first)
    await page.reload()
    expect(await page.content()).not.to.include(second)
    expect(await page.getByRole('row').count()).to.equal(3)
    await page
      .getByRole('row')
      .last()
      .getByRole('button', { name: /^Revoke/ })
      .click()
    await page.waitForLoadState()
    expect(await page.getByRole('row').count()).to.equal(2)

    expect((await login(first)).status).to.not.equal(0)
    expect(await login(second)).to.include({ status: 0 })
    expect(await push('again')).to.include({ status: 0 })

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'sign out at Example Corp' }).click()
    expect(page.url().startsWith(provider.issuer)).to.equal(true)
    expect(problems).to.deep.equal([])
    expect(provider.errors).to.deep.equal([])
  })

  it('refuses after the interval what an account has that was disabled at the provider', async () => {
    await serve(options({ revalidate_after: '1s' }))
    const password = await signIn(await (await browser.newContext()).newPage())
    expect(await login(password)).to.include({ status: 0 })
    provider.disable('alice')
    let message = ''
    await eventually(async () => {
      const { status, json } = await server.token({ user: ['alice', password] })
      message = json.errors?.[0].message
      return status === 401
    })
    expect(message).to.equal(
      `this password is not good any more; sign in again at ${at}/oidc_auth and take a new one`,
    )
    expect((await login(password)).status).to.not.equal(0)
  })

  for (const [grace, expected] of [
    ['1h', 200],
    [0, 503],
  ] as const) {
    it(`answers ${expected} while the provider is down, with a grace of ${grace}`, async () => {
      await serve(options({ revalidate_after: '1s', grace }))
      const password = await signIn(await (await browser.newContext()).newPage())
      await provider.stop()
      const told = () => server.lines().some(({ msg }) => msg?.includes('holds by grace'))
      const ask = () => server.token({ user: ['alice', password] })
      await eventually(async () => (await ask()).status === 503 || told())
      const { status, json } = await ask()
      expect(status).to.equal(expected)
      if (status === 503) {
        expect(json.errors[0].message).to.equal(
          'Example Corp can not be asked whether your sign-in is still good; try again later',
        )
      } else {
        expect(await login(password)).to.include({ status: 0 })
      }
      await provider.start()
      expect((await ask()).status).to.equal(200)
    })
  }

  it('starts while the provider is down, says so in the browser, and works once it is back', async () => {
    await provider.stop()
    await serve(options())
    const page = await (await browser.newContext()).newPage()
    await page.goto(`${at}/`)
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).click()
    await page.getByRole('button', { name: 'Continue to Example Corp' }).click()
    await page.waitForLoadState()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal(
      'Example Corp can not be asked',
    )
    await provider.start()
    await eventually(async () => (await server.send({ path: '/readyz' })).status === 200)
    expect(await signIn(page)).to.match(/^dwp_/)
  })
})
