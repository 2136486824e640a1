// A page of another origin in Chromium, which asks for tokens as registry UIs do: what it can read, and what it can't.
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { needs } from '../support/debian.ts'
import { serve, type TestServer } from '../support/http-server.ts'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the page'

/** What the page may know of an answer: its status, two headers, and whether there is a token. */
interface Seen {
  readonly status?: number
  readonly challenge?: string | null
  readonly retry?: string | null
  readonly error?: string
  readonly scope?: string
  /** The browser has shown the page nothing. */
  readonly hidden?: true
}

/** In the page: asks the registry, and then at its realm with what the user has typed, as such pages do. */
const UI = `<!doctype html><meta charset="utf-8"><title>Registry</title><script>
  function ask(method, url, headers, body) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest()
      request.open(method, url)
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
      request.onload = () => resolve(request)
      request.onerror = () => resolve(undefined)
      request.send(body)
    })
  }
  const seen = (request) => request === undefined ? { hidden: true } : {
    status: request.status,
    challenge: request.getResponseHeader('WWW-Authenticate'),
    retry: request.getResponseHeader('Retry-After'),
    error: JSON.parse(request.responseText).errors?.[0].code,
    scope: JSON.parse(request.responseText).scope,
  }
  async function open(registry, user, password) {
    const refused = await ask('GET', registry + '/v2/alice/app/tags/list', {})
    const [, realm] = /realm="([^"]*)"/.exec(refused.getResponseHeader('WWW-Authenticate'))
    const url = realm + '?service=registry&scope=' + encodeURIComponent('repository:alice/app:pull')
    const headers = { Authorization: 'Basic ' + btoa(user + ':' + password), 'Cache-Control': 'no-store, no-cache' }
    return seen(await ask('GET', url, headers))
  }
  const post = async (url, form) => seen(await ask('POST', url, {}, new URLSearchParams(form)))
  const keys = async (url) => (await (await fetch(url)).json()).keys.length
</script>`

describe('a registry UI in Chromium', () => {
  needs('chromium')

  let browser: TestBrowser
  let pages: TestServer
  let registry: TestServer
  let server: TestInstance
  let page: Page

  before(async () => {
    pages = await serve((_, response) => response.setHeader('Content-Type', 'text/html').end(UI))
    registry = await serve((_, response) =>
      response
        .writeHead(401, {
          'Access-Control-Allow-Origin': pages.origin,
          'Access-Control-Expose-Headers': 'WWW-Authenticate',
          'WWW-Authenticate': `Bearer realm="http://127.0.0.1:${server.port}/auth",service="registry"`,
        })
        .end('{}'),
    )
    server = await startTestServer({
      config: {
        server: { cors: { origins: [pages.origin] } },
        authenticators: [
          { plugin: 'static', options: { users: { alice: { password: '!env PAGE_PASSWORD' } } } },
          scripted.authenticator('down', { does: 'throw' }),
        ],
        authorizers: [{ plugin: OWNERS }],
      },
      env: { PAGE_PASSWORD: PASSWORD },
    })
    browser = await startBrowser()
    page = await (await browser.newContext()).newPage()
    await page.goto(pages.origin)
  })

  after(async () => {
    await browser?.close()
    await pages?.close()
    await registry?.close()
    await server?.stop()
  })

  const inPage = (script: string): Promise<Seen> => page.evaluate(script)
  const open = (user: string, password: string) =>
    inPage(`open(${JSON.stringify(registry.origin)}, ${JSON.stringify(user)}, ${JSON.stringify(password)})`)
  const auth = () => JSON.stringify(`http://127.0.0.1:${server.port}/auth`)

  it('gets a token with a password that was typed into it', async () => {
    expect(await open('alice', PASSWORD)).to.deep.include({ status: 200, scope: 'repository:alice/app:pull' })
  })

  it('posts a form', async () => {
    const form = JSON.stringify({
      grant_type: 'password',
      service: 'registry',
      username: 'alice',
      password: PASSWORD,
    })
    expect(await inPage(`post(${auth()}, ${form})`)).to.include({ status: 200 })
  })

  it('reads why it was refused, and that nobody could be asked', async () => {
    const wrong = await open('alice', 'another')
    expect(wrong).to.include({ status: 401, error: 'UNAUTHORIZED' })
    expect(wrong.challenge).to.match(/^Basic realm=/)
    const down = await open('bob', 'canary of bob')
    expect(down).to.include({ status: 503, error: 'UNAVAILABLE' })
    expect(Number(down.retry)).to.be.above(0)
  })

  it('reads that it tried too often, and when it may again', async () => {
    let last: Seen = {}
    for (let guess = 0; guess < 10 && last.status !== 429; guess += 1)
      last = await open('alice', `guess ${guess}`)
    expect(last).to.include({ status: 429, error: 'TOOMANYREQUESTS' })
    expect(Number(last.retry)).to.be.above(0)
  })

  it('reads the key set', async () => {
    const url = JSON.stringify(`http://127.0.0.1:${server.port}/.well-known/jwks.json`)
    expect(await inPage(`keys(${url})`)).to.equal(1)
  })

  it('of another origin reads nothing, and its password does not leave the browser', async () => {
    const before = server.audits().length
    const stranger = await (await browser.newContext()).newPage()
    await stranger.goto(pages.origin.replace('127.0.0.1', 'localhost'))
    const script = `ask('GET', ${auth()}, { Authorization: 'Basic ' + btoa('alice:' + ${JSON.stringify(PASSWORD)}) }).then(seen)`
    expect(await stranger.evaluate(script)).to.deep.equal({ hidden: true })
    expect(await stranger.evaluate(`ask('GET', ${auth()}, {}).then(seen)`)).to.deep.equal({ hidden: true })
    // Only what any page may send has come, without a password.
    expect(
      server
        .audits()
        .slice(before)
        .map(({ account }) => account),
    ).to.deep.equal([''])
  })
})
