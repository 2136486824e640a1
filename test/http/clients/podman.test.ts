// What podman and skopeo would do with this server.
import { expect } from 'chai'
import type { Challenge } from './client.ts'
import { behavesAsClient, type Failure } from './conformance.ts'
import { visit } from './other-server.ts'
import { Podman } from './podman.ts'
import { ALICE, SERVICE, startTokenServer } from './token-server.ts'
import type { Wire } from './wire.ts'

const make = (challenge: Challenge, wire: Wire) => new Podman(challenge, wire)
const WRONG: Failure = {
  steps: ['GET 401'],
  shows:
    /^unable to retrieve auth token: invalid username\/password: unauthorized: wrong user name or password$/,
}

describe('podman and skopeo', () => {
  behavesAsClient({
    make,
    good: ['GET 200'],
    goodToken: ['POST 200'],
    login: { good: ['GET 200'], wrongPassword: WRONG, stores: 'the password' },
    lifetime: 900,
    wrongPassword: WRONG,
    badToken: { steps: ['POST 400'], shows: /^Trying to obtain access token: .*: 400 Bad Request$/ },
    outage: { steps: ['GET 503'], shows: /^Requesting bearer token: .*: 503 Service Unavailable$/ },
    tokenOutage: {
      steps: ['POST 503'],
      shows: /^Trying to obtain access token: .*: 503 Service Unavailable$/,
    },
    malformed: { steps: ['GET 400'], shows: /^Requesting bearer token: .*: 400 Bad Request$/ },
  })

  it('sends what its requests are known to send, the form in chunks', async () => {
    await using server = await startTokenServer()
    const { identityToken } = await server.logIn(ALICE)
    const wire = server.wire()
    const podman = make(server.challenge, wire)
    const scopes = ['repository:alice/app:pull,push', 'repository:public/base:pull']
    await podman.token(ALICE, ...scopes)
    await podman.token({ identityToken }, ...scopes)
    const { realm } = server.challenge
    const asked =
      'scope=repository%3Aalice%2Fapp%3Apull%2Cpush&scope=repository%3Apublic%2Fbase%3Apull&service='
    expect(wire.exchanges.map(({ url, sent }) => [url, sent])).to.deep.equal([
      [`${realm}?account=alice&${asked}${SERVICE}`, ''],
      [
        realm,
        `client_id=containers%2Fimage&grant_type=refresh_token&refresh_token=${identityToken}&${asked}${SERVICE}`,
      ],
    ])
    expect(wire.last.headers).not.to.have.property('Content-Length')
  })

  describe('with other servers', () => {
    for (const status of [400, 401, 404, 405, 429]) {
      it(`has no way from POST to GET after ${status}`, async () => {
        const visited = await visit(make, (client) => client.token({ identityToken: 'held' }), status)
        expect(visited.steps).to.deep.equal([`POST ${status}`])
      })
    }

    it('takes `token` before `access_token`, and a lifetime under a minute for a minute', async () => {
      const body = { access_token: 'second', token: 'first', expires_in: 1 }
      const { got } = await visit(make, (client) => client.token(ALICE), 200, body)
      expect(got).to.deep.equal({ token: 'first', lifetime: 60 })
    })
  })
})
