// What containerd would do with this server.
import { expect } from 'chai'
import type { Challenge, Credentials } from './client.ts'
import { behavesAsClient } from './conformance.ts'
import { Containerd } from './containerd.ts'
import { visit } from './other-server.ts'
import { ALICE, SERVICE, startTokenServer, type TokenServer, WRONG } from './token-server.ts'
import type { Wire } from './wire.ts'

const make = (challenge: Challenge, wire: Wire) => new Containerd(challenge, wire)
const unexpected = (method: string, status: string) =>
  new RegExp(`^unexpected status from ${method} request to http://[^ ]+: ${status}$`)

describe('containerd', () => {
  behavesAsClient({
    make,
    good: ['POST 200'],
    goodToken: ['POST 200'],
    lifetime: 900,
    wrongPassword: { steps: ['POST 401', 'GET 401'], shows: unexpected('GET', '401 Unauthorized') },
    badToken: { steps: ['POST 400', 'GET 401'], shows: unexpected('GET', '401 Unauthorized') },
    outage: { steps: ['POST 503'], shows: unexpected('POST', '503 Service Unavailable') },
    tokenOutage: { steps: ['POST 503'], shows: unexpected('POST', '503 Service Unavailable') },
    malformed: { steps: ['POST 400', 'GET 400'], shows: unexpected('GET', '400 Bad Request') },
  })

  describe('on the wire', () => {
    let server: TokenServer
    before(async () => {
      server = await startTokenServer()
    })
    after(() => server.stop())

    it('sends a form, and what it falls back to, as it is known to', async () => {
      const wire = server.wire()
      await new Containerd(server.challenge, wire).token(
        WRONG,
        'repository:alice/app:pull,push',
        'repository:alice/app:pull',
      )
      const { realm } = server.challenge
      const [post, get] = wire.exchanges
      expect(post).to.deep.include({
        url: realm,
        sent: `client_id=containerd-client&grant_type=password&password=not+the+canary+of+alice&scope=repository%3Aalice%2Fapp%3Apull+repository%3Aalice%2Fapp%3Apull%2Cpush&service=${SERVICE}&username=alice`,
      })
      expect(post!.headers['Content-Type']).to.equal('application/x-www-form-urlencoded; charset=utf-8')
      expect(get).to.deep.include({
        url: `${realm}?scope=repository%3Aalice%2Fapp%3Apull&scope=repository%3Aalice%2Fapp%3Apull%2Cpush&service=${SERVICE}`,
      })
      expect(get!.headers).to.include.keys('Authorization')
    })

    it('gets a refresh token for nerdctl, whose login asks for one', async () => {
      const wire = server.wire()
      const options = { clientId: 'containerd-client', offline: true }
      const got = await new Containerd(server.challenge, wire, options).token(ALICE)
      expect(wire.last.sent).to.match(/^access_type=offline&/)
      expect(got.identityToken).to.match(/^dwr_/)
      const { identityToken } = got
      const again = await new Containerd(server.challenge, wire, options).token({ identityToken })
      expect(wire.steps).to.deep.equal(['POST 200', 'POST 200'])
      expect(again.identityToken).to.equal(identityToken)
    })
  })

  describe('with other servers', () => {
    const cases: [string, Credentials, number[], number[]][] = [
      ['a password', ALICE, [400, 401, 404, 405], [403, 429, 500, 503]],
      ['an identity token', { identityToken: 'held' }, [400, 401, 404], [403, 405, 429, 500, 503]],
    ]
    for (const [name, credentials, back, end] of cases) {
      it(`falls back from POST to GET with ${name} after ${back}, and not after ${end}`, async () => {
        for (const status of [...back, ...end]) {
          const { steps } = await visit(make, (client) => client.token(credentials), status)
          const all = [`POST ${status}`, `GET ${status}`]
          expect(steps).to.deep.equal(back.includes(status) ? all : all.slice(0, 1))
        }
      })
    }

    it('takes no token from the answer to a POST but access_token', async () => {
      const { got } = await visit(make, (client) => client.token(ALICE), 200, { token: 'a' })
      expect(got.error).to.match(/did not include a token/)
    })
  })
})
