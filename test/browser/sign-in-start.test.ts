// What Chromium says about who began a sign-in, and what comes of it: a typed address and the pages' own links go on to the
// provider, whoever comes from elsewhere sees the page with the button first. The button works over plain HTTP, too.
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { needs } from '../support/debian.ts'
import { freePort } from '../support/free-port.ts'
import { serve } from '../support/http-server.ts'
import { SIGNING_IN } from '../support/plugins/index.ts'
import { startTestServer } from '../support/server.ts'

// Browsers take localhost for as safe as https, and say where a step came from; of .test they say nothing.
const SAFE = 'auth.localhost'
const PLAIN = 'auth.test'

describe('a sign-in that Chromium begins', function () {
  this.timeout(30_000)
  needs('chromium')

  const started = new AsyncDisposableStack()
  let browser: TestBrowser
  let provider: string
  let elsewhere: string

  before(async () => {
    browser = started.use(await startBrowser(['--host-resolver-rules=MAP *.test 127.0.0.1']))
    const site = await serve(({ url }, response) => {
      const link = new URL(url, 'http://localhost').searchParams.get('to')
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(link ? `<a href="${link}">Go</a>` : 'asked')
    })
    started.defer(() => site.close())
    provider = site.origin
    elsewhere = new URL(site.origin).port
  })
  after(() => started.disposeAsync())

  /** Gives a test a server at a host, and a window. */
  async function at(host: string, test: (page: Page, origin: string) => Promise<void>): Promise<void> {
    const port = await freePort()
    const origin = `http://${host}:${port}`
    const options = { title: 'Corp', provider, redirect_url: `${origin}/example_auth` }
    await using _ = await startTestServer({
      config: {
        server: { listen: `127.0.0.1:${port}` },
        authenticators: [{ plugin: SIGNING_IN, options }],
        authorizers: [],
      },
    })
    await using context = await browser.newContext()
    await test(await context.newPage(), origin)
  }

  async function follow(page: Page, name: string, role: 'link' | 'button' = 'link'): Promise<void> {
    await page.getByRole(role, { name }).click()
    await page.waitForLoadState()
  }

  /** Presses the button, and waits for the provider, to which it leads by a page of ours. */
  async function goOn(page: Page): Promise<void> {
    await follow(page, 'Continue to Corp', 'button')
    await page.waitForURL((url) => url.origin === provider)
  }

  it('goes on after an address that was typed', () =>
    at(SAFE, async (page, origin) => {
      await page.goto(`${origin}/example_auth/start`)
      expect(new URL(page.url()).origin).to.equal(provider)
    }))

  for (const host of [SAFE, PLAIN]) {
    it(`goes on after a link of the landing page, and of the sign-in's own, at ${host}`, () =>
      at(host, async (page, origin) => {
        await page.goto(`${origin}/`)
        await follow(page, 'Sign in with Corp')
        await page.getByLabel('Name of the new password').fill('laptop')
        await goOn(page)
        await page.goto(`${origin}/example_auth`)
        await follow(page, 'Only see and revoke passwords')
        expect(new URL(page.url()).origin).to.equal(provider)
      }))

    for (const [whose, from] of [
      ['another site', 'elsewhere.localhost'],
      ['a sibling', `sibling.${host}`],
    ] as const) {
      it(`shows the button after a link of ${whose}, at ${host}`, () =>
        at(host, async (page, origin) => {
          await page.goto(`http://${from}:${elsewhere}/?to=${origin}/example_auth/start`)
          await follow(page, 'Go')
          expect(new URL(page.url()).origin).to.equal(origin)
          expect(await page.context().cookies()).to.deep.equal([])
          await goOn(page)
        }))
    }
  }
})
