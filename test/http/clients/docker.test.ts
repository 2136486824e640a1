// What Docker would do with this server.
import { expect } from 'chai'
import type { Challenge, RegistryClient } from './client.ts'
import { behavesAsClient, type Failure } from './conformance.ts'
import { Docker } from './docker.ts'
import { visit } from './other-server.ts'
import { ALICE, SERVICE, startTokenServer, type TokenServer } from './token-server.ts'
import type { Wire } from './wire.ts'

const make = (challenge: Challenge, wire: Wire) => new Docker(challenge, wire)
const WRONG: Failure = { steps: ['GET 401'], shows: /^unauthorized: wrong user name or password$/ }

describe('Docker', () => {
  behavesAsClient({
    make,
    good: ['GET 200'],
    goodToken: ['POST 200'],
    login: { good: ['GET 200'], wrongPassword: WRONG, stores: 'an identity token' },
    lifetime: 900,
    wrongPassword: WRONG,
    badToken: { steps: ['POST 400'], shows: /^unauthorized: the refresh token is not good.*log in again$/ },
    outage: { steps: ['GET 503'], shows: /^unexpected HTTP status: 503 Service Unavailable$/ },
    tokenOutage: { steps: ['POST 503'], shows: /^unexpected HTTP status: 503 Service Unavailable$/ },
    malformed: { steps: ['GET 400'], shows: /^unknown: service must be at most 256/ },
  })

  describe('on the wire', () => {
    let server: TokenServer
    before(async () => {
      server = await startTokenServer()
    })
    after(() => server.stop())

    it('sends what its login and its requests are known to send', async () => {
      const wire = server.wire()
      const docker = new Docker(server.challenge, wire)
      const { identityToken } = await docker.login(ALICE)
      await docker.token(ALICE, 'repository:alice/app:push,pull', 'repository:public/base:pull')
      await docker.token({ identityToken }, 'repository:alice/app:pull')
      const { realm } = server.challenge
      expect(wire.exchanges.map(({ url, sent }) => [url, sent])).to.deep.equal([
        [`${realm}?account=alice&client_id=docker&offline_token=true&service=${SERVICE}`, ''],
        [
          `${realm}?account=alice&scope=repository%3Aalice%2Fapp%3Apush%2Cpull&scope=repository%3Apublic%2Fbase%3Apull&service=${SERVICE}`,
          '',
        ],
        [
          realm,
          `client_id=docker&grant_type=refresh_token&refresh_token=${identityToken}&scope=repository%3Aalice%2Fapp%3Apull&service=${SERVICE}`,
        ],
      ])
    })

    it('logs in again with what it stored, and stores the same', async () => {
      const { identityToken } = await server.logIn(ALICE)
      const wire = server.wire()
      const again = await new Docker(server.challenge, wire).login({ identityToken })
      expect(wire.last.sent).to.include('&scope=&')
      expect(again).to.include({ identityToken })
    })
  })

  describe('with other servers', () => {
    const held = (client: RegistryClient) => client.token({ identityToken: 'held' }, 'repository:a/b:pull')

    for (const status of [400, 401, 404, 405]) {
      it(`has no way from POST to GET after ${status}`, async () => {
        expect((await visit(make, held, status)).steps).to.deep.equal([`POST ${status}`])
      })
    }

    it('takes a lifetime under a minute for a minute, and stores another refresh token', async () => {
      const body = { access_token: 'a', expires_in: 30, refresh_token: 'rotated' }
      const { got } = await visit(make, held, 200, body)
      expect(got).to.deep.equal({ token: 'a', lifetime: 60, identityToken: 'rotated' })
    })
  })
})
