import axe from 'axe-core'
import { expect } from 'chai'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { PAGE_HEADERS } from '../../core/sign-in/pages.ts'
import { everyPage, PASSWORD } from '../core/sign-in/every-page.ts'
import { HOSTILE_PIECES } from '../core/sign-in/skeleton.ts'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { needs } from '../support/debian.ts'
import { serve, type TestServer } from '../support/http-server.ts'

const WIDE = { width: 1280, height: 900 }
const NARROW = { width: 320, height: 640 }
/** What is left of 1280 pixels at 200 % zoom. */
const ZOOMED = { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }

const PAGES = everyPage()
const HOSTILE = everyPage((usual) => `${usual}${HOSTILE_PIECES.join('')}`)

describe('the pages of the sign-in in Chromium', () => {
  needs('chromium')

  let browser: TestBrowser
  let server: TestServer

  before(async () => {
    server = await serve(({ url }, response) => {
      const { searchParams } = new URL(url, 'http://localhost')
      const document = (searchParams.has('hostile') ? HOSTILE : PAGES).get(searchParams.get('page') ?? '')
      response.writeHead(200, PAGE_HEADERS).end(document ?? 'taken')
    })
    browser = await startBrowser()
  })

  after(async () => {
    await browser?.close()
    await server?.close()
  })

  /** Gives a test its own window; what the page complains of is an error of the test. */
  async function inWindow(
    options: BrowserContextOptions,
    test: (page: Page, context: BrowserContext) => Promise<void>,
  ): Promise<void> {
    await using context = await browser.newContext(options)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message())
      void dialog.dismiss()
    })
    await test(page, context)
    expect(complaints).to.deep.equal([])
  }

  function address(name: string, more = ''): string {
    return `${server.origin}/?page=${encodeURIComponent(name)}${more}`
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [WIDE, NARROW]) {
      it(`have nothing that axe finds fault with, ${colorScheme}, ${viewport.width} pixels wide`, () =>
        inWindow({ colorScheme, viewport, reducedMotion: 'reduce' }, async (page) => {
          for (const name of PAGES.keys()) {
            await page.goto(address(name))
            expect(await faults(page), name).to.deep.equal([])
          }
        }))
    }
  }

  for (const [how, options] of [
    ['320 pixels', { viewport: NARROW }],
    ['200 % zoom', ZOOMED],
  ] as const) {
    it(`need no scrolling to the side at ${how}`, () =>
      inWindow(options, async (page) => {
        for (const name of PAGES.keys()) {
          await page.goto(address(name))
          const { content, window } = await page.evaluate<{ content: number; window: number }>(
            '({ content: document.documentElement.scrollWidth, window: innerWidth })',
          )
          expect(content, name).to.be.at.most(window)
        }
      }))
  }

  it('ask for nothing but the document, and have their style', () =>
    inWindow({ viewport: WIDE }, async (page) => {
      const before = server.received.length
      for (const name of PAGES.keys()) {
        await page.goto(address(name))
        expect(await page.evaluate('getComputedStyle(document.body).margin'), name).to.equal('0px')
      }
      await page.waitForLoadState('networkidle')
      const asked = server.received.slice(before).map(({ url }) => server.origin + url)
      expect(asked).to.deep.equal([...PAGES.keys()].map((name) => address(name)))
    }))

  it('are built in the same way with hostile texts, and run none of them', () =>
    inWindow({}, async (page) => {
      for (const name of PAGES.keys()) {
        await page.goto(address(name))
        const expected = await elements(page)
        await page.goto(address(name, '&hostile'))
        expect(await elements(page), name).to.deep.equal(expected)
      }
    }))

  it('take the code and the state out of the address bar', () =>
    inWindow({}, async (page) => {
      await page.goto(address('new password', '&code=secret&state=secret'))
      expect(page.url()).to.equal(`${server.origin}/github_auth`)
    }))

  it('copy the password and the commands', () =>
    inWindow({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.goto(address('new password'))
      const clipboard = () => page.evaluate('navigator.clipboard.readText()')
      await page.getByRole('button', { name: 'Copy the password' }).click()
      await page.getByRole('status').getByText('Copied the password').waitFor({ state: 'attached' })
      expect(await clipboard()).to.equal(PASSWORD)
      await page.getByRole('button', { name: 'Copy the helm command' }).click()
      await page.getByRole('status').getByText('Copied the helm command').waitFor({ state: 'attached' })
      expect(await clipboard()).to.equal('helm registry login --username alice registry.example.com')
    }))

  it('select the password where copying is refused', () =>
    inWindow({}, async (page) => {
      await page.addInitScript('navigator.clipboard.writeText = () => Promise.reject(new Error("refused"))')
      await page.goto(address('new password'))
      await page.getByRole('button', { name: 'Copy the password' }).click()
      await page.getByRole('button', { name: 'Not copied' }).waitFor()
      expect(await page.evaluate('getSelection().toString()')).to.equal(PASSWORD)
    }))

  it('show no Copy button where the browser cannot copy', () =>
    inWindow({}, async (page) => {
      await page.addInitScript('Object.defineProperty(navigator, "clipboard", { value: undefined })')
      await page.goto(address('new password'))
      expect(await page.getByRole('button', { name: 'Copy' }).count()).to.equal(0)
    }))

  it('show all without JavaScript, and their forms work', () =>
    inWindow({ javaScriptEnabled: false }, async (page) => {
      await page.goto(address('new password'))
      expect(await page.getByLabel('Password', { exact: true }).inputValue()).to.equal(PASSWORD)
      expect(await page.getByRole('button', { name: 'Copy' }).count()).to.equal(0)
      expect(await page.getByRole('row').count()).to.equal(11)
      await page.getByText('docker login --username alice registry.example.com').waitFor()
      await page.getByRole('button', { name: 'Revoke machine-4' }).click()
      const { method, url, body } = server.received.at(-1)!
      expect({ method, url, body }).to.deep.equal({
        method: 'POST',
        url: '/github_auth/revoke',
        body: 'csrf=csrf-text&id=0123456789abcdef0004',
      })
    }))

  it('show where the keyboard is', () =>
    inWindow({}, async (page) => {
      await page.goto(address('new password'))
      const controls = await page.locator('a, button, textarea').count()
      for (let tabs = 0; tabs < controls; tabs++) {
        await page.keyboard.press('Tab')
        const outline = await page.evaluate('getComputedStyle(document.activeElement).outline')
        expect(outline, `after ${tabs + 1} tabs`).to.match(/solid 3px$/)
      }
    }))

  it('keep the table a table where it is stacked', () =>
    inWindow({ viewport: NARROW }, async (page) => {
      await page.goto(address('passwords'))
      expect(await page.getByRole('row').count()).to.equal(11)
      expect(await page.getByRole('rowheader', { name: 'machine-1' }).count()).to.equal(1)
      expect(await page.getByRole('columnheader', { name: 'Last used' }).count()).to.equal(1)
    }))
})

/** The rules that axe finds broken, and where. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  // WCAG 2.2's target size is off in axe unless asked for.
  return page.evaluate<string[]>(
    `axe.run(document, { rules: { 'target-size': { enabled: true } } }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join('; ')))`,
  )
}

/** Every element of the document as the browser parsed it, with the names of its attributes. */
function elements(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('*')].map((element) => [element.localName, ...element.getAttributeNames()].join(' '))`,
  )
}
