// Whatever is sent to the pages of a sign-in, by whoever has begun one or none: an answer that is meant, no fault in the log,
// nothing handed out, and no text of the request as markup.
import { expect } from 'chai'
import fc from 'fast-check'
import type { HttpQuestion } from '../support/http-question.ts'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { SIGNING_IN } from '../support/plugins/index.ts'
import { runs, timeFor } from '../support/properties.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const MARK = '<b id=mark>'

const text = fc.oneof(
  fc.constantFrom(
    '',
    MARK,
    `"'>${MARK}`,
    '\r\nSet-Cookie: a=b',
    '../..',
    '__proto__',
    'null',
    '[]',
    'dwp_',
    'dwb_',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)
const fields = fc.dictionary(
  fc.constantFrom(
    'code',
    'state',
    'error',
    'error_description',
    'iss',
    'again',
    'csrf',
    'id',
    'x',
    '__proto__',
  ),
  fc.oneof(text, fc.array(text, { maxLength: 3 })),
  { maxKeys: 5, noNullPrototype: true },
)
/** Cookies of the right names with any content. */
const cookies = fc.array(
  fc.tuple(
    fc.constantFrom(
      'dockwarden-browser-example_auth',
      'dockwarden-attempt-',
      '__Host-dockwarden-browser-example_auth',
      'a',
    ),
    fc.oneof(
      fc.base64String({ maxLength: 60 }).map((value) => value.replace(/[+/=]/g, '-')),
      fc.json({ maxDepth: 2 }).map((value) => Buffer.from(value).toString('base64url')),
      fc.constant(`dwb_${'A'.repeat(49)}`),
    ),
  ),
  { maxLength: 4 },
)
const question = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'OPTIONS'),
  path: fc.constantFrom(
    '/',
    '/example_auth',
    '/example_auth/start',
    '/example_auth/revoke',
    '/example_auth/sign-out',
    '/example_auth/',
  ),
  query: fields,
  form: fc.option(fields, { nil: undefined }),
  cookies,
  site: fc.constantFrom('none', 'cross-site', 'same-origin', 'same-site', ''),
})

describe('the pages of a sign-in', () => {
  let provider: IdentityProvider
  let server: TestInstance
  before(async () => {
    provider = await startIdentityProvider()
    server = await startTestServer({
      config: {
        authenticators: [{ plugin: SIGNING_IN, options: { provider: provider.url } }],
        authorizers: [],
      },
    })
  })
  after(async () => {
    await server.stop()
    await provider.close()
  })

  it('answer everything as meant', async function () {
    this.timeout(timeFor(60_000))
    await fc.assert(
      fc.asyncProperty(question, async ({ cookies, site, form, ...given }) => {
        const cookie = cookies.map(([name, value]) => `${name}=${value}`).join('; ')
        const headers = { accept: 'text/html', 'sec-fetch-site': site, ...(cookie !== '' && { cookie }) }
        const asked: HttpQuestion = { ...given, headers, ...(form && given.method === 'POST' && { form }) }
        const { status, text, headers: answered } = await server.send(asked)
        expect(status).to.be.oneOf([200, 302, 400, 401, 403, 404, 405])
        expect(text)
          .not.to.include(MARK)
          .and.not.match(/dwp_\w{40}/)
        for (const line of [answered['set-cookie'] ?? []].flat()) expect(line).to.match(/^dockwarden-/)
      }),
      runs(2_000),
    )
    expect(server.lines().filter(({ level }) => ['error', 'fatal'].includes(level))).to.deep.equal([])
    expect(server.lines().filter(({ msg }) => msg === 'sign-in done')).to.deep.equal([])
  })
})
