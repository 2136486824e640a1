// Credentials at the token endpoint: Basic in all its malformed shapes, and account names that no backend may see.
import { expect } from 'chai'
import { basic } from '../support/http-question.ts'
import { OWNERS } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of credentials'
const UMLAUT = 'canary: žluť'
const base64 = (bytes: string | Buffer) => Buffer.from(bytes as string).toString('base64')

describe('credentials', () => {
  let server: TestInstance

  before(async () => {
    const users = {
      '': {},
      alice: { password: '!env ALICE' },
      žluť: { password: '!env UMLAUT' },
      constructor: { password: '!env ALICE' },
    }
    server = await startTestServer({
      config: {
        authenticators: [{ plugin: 'static', options: { users } }],
        authorizers: [{ plugin: OWNERS }],
      },
      env: { ALICE: PASSWORD, UMLAUT },
    })
  })

  after(() => server.stop())

  describe('Basic credentials', () => {
    const malformed: [string, string][] = [
      ['another scheme', 'Bearer abc'],
      ['nothing', ''],
      ['no scheme', 'abc'],
      ['the scheme alone', 'Basic'],
      ['no credentials', 'Basic  '],
      ['no Base64', 'Basic $$$$'],
      ['Base64 of a URL', `Basic ${base64('alice:???>>>').replace(/\+/g, '-').replace(/\//g, '_')}-_`],
      ['Base64 with something behind it', `Basic ${base64('alice:x')} x`],
      ['Base64 with = inside', `Basic ${base64('a')}${base64('lice:x')}`],
      ['no colon', `Basic ${base64('alice')}`],
      ['no UTF-8', `Basic ${base64(Buffer.from([0xff, 0x3a, 0x61]))}`],
      ['a Digest', 'Digest username="alice", realm="x", nonce="y"'],
      ['a text like Basic', `Basically ${base64(`alice:${PASSWORD}`)}`],
    ]
    for (const [name, authorization] of malformed) {
      it(`that are ${name} are refused with a challenge, never taken for anonymous`, async () => {
        const answer = await server.token({ headers: { authorization } })
        expect(answer.status).to.equal(401)
        expect(answer.headers['www-authenticate']).to.equal('Basic realm="Dockwarden", charset="UTF-8"')
        expect(answer.json.errors[0].code).to.equal('UNAUTHORIZED')
      })
    }

    it('with nothing on either side of the colon are no credentials', async () => {
      const answer = await server.token({ headers: { authorization: `Basic ${base64(':')}` } })
      expect(answer.status).to.equal(200)
      expect(answer.claims!.sub).to.equal('')
    })

    it('are read as UTF-8, the password from the first colon on', async () => {
      const answer = await server.token({ user: ['žluť', UMLAUT] })
      expect(answer.claims!.sub).to.equal('žluť')
    })

    for (const scheme of ['basic', 'BASIC', 'bAsIc']) {
      it(`are known by the scheme in any case: ${scheme}`, async () => {
        const authorization = basic('alice', PASSWORD).replace('Basic', scheme)
        expect((await server.token({ headers: { authorization } })).status).to.equal(200)
      })
    }
  })

  describe('an account', () => {
    const forbidden = [
      'alice\n',
      '\nalice',
      'ali\u0000ce',
      'alice\t',
      ' alice',
      'alice ',
      '\u00a0alice',
      'alice\u2028',
      '\ufeffalice',
      'a\u0085b',
      'a\u007fb',
      'a\u001b[31mb',
    ]
    for (const name of forbidden) {
      it(`named ${JSON.stringify(name)} is refused, with Basic and in a form`, async () => {
        const answers = [
          await server.token({ user: [name, PASSWORD] }),
          await server.token({ form: { username: name, password: PASSWORD } }),
        ]
        for (const answer of answers) expect(answer.status).to.equal(401)
      })
    }

    for (const name of ['__proto__', 'toString', 'hasOwnProperty', 'x'.repeat(257)]) {
      it(`that is not configured is unknown: ${name.slice(0, 20)}`, async () => {
        expect((await server.token({ user: [name, PASSWORD] })).status).to.equal(401)
      })
    }

    it('may be named constructor', async () => {
      const answer = await server.token({
        user: ['constructor', PASSWORD],
        query: { scope: 'repository:constructor/x:pull' },
      })
      expect(answer.access).to.deep.equal(['repository:constructor/x:pull'])
    })
  })
})
