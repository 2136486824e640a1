// What crane would do with this server.
import { expect } from 'chai'
import type { Challenge } from './client.ts'
import { behavesAsClient } from './conformance.ts'
import { Crane } from './crane.ts'
import { visit } from './other-server.ts'
import { ALICE, SERVICE, startTokenServer, type TokenServer } from './token-server.ts'
import { Wire } from './wire.ts'

const REGISTRY = 'registry.example.com'
const byName = (realm: string) => realm.replace('127.0.0.1', 'localhost')
const make = ({ realm, service }: Challenge, wire: Wire) =>
  new Crane({ realm: byName(realm), service }, wire, { registry: REGISTRY, insecure: true })
const says = (method: string, words: string) => new RegExp(`^${method} http://[^ ]+: ${words}`)
const LATER = 'UNAVAILABLE: the authentication service is temporarily unavailable; try again$'

describe('crane', () => {
  behavesAsClient({
    make,
    good: ['GET 200'],
    goodToken: ['POST 200'],
    lifetime: undefined,
    wrongPassword: { steps: ['GET 401'], shows: says('GET', 'UNAUTHORIZED: wrong user name or password$') },
    badToken: { steps: ['POST 400'], shows: says('POST', 'UNAUTHORIZED: the refresh token is not good') },
    outage: { steps: ['GET 503', 'GET 503', 'GET 503'], shows: says('GET', LATER) },
    tokenOutage: { steps: ['POST 503'], shows: says('POST', LATER) },
    malformed: { steps: ['GET 400'], shows: says('GET', 'INVALID_REQUEST: service must be at most 256') },
  })

  describe('on the wire', () => {
    let server: TokenServer
    before(async () => {
      server = await startTokenServer()
    })
    after(() => server.stop())

    it('sends what its requests are known to send', async () => {
      const { identityToken } = await server.logIn(ALICE)
      const wire = server.wire()
      const crane = make(server.challenge, wire)
      await crane.token(ALICE, 'repository:alice/app:push,pull', 'repository:public/base:pull')
      await crane.token({ identityToken }, 'repository:alice/app:pull')
      const realm = byName(server.challenge.realm)
      expect(wire.exchanges.map(({ url, sent }) => [url, sent])).to.deep.equal([
        [
          `${realm}?scope=repository%3Aalice%2Fapp%3Apush%2Cpull&scope=repository%3Apublic%2Fbase%3Apull&service=${SERVICE}`,
          '',
        ],
        [
          realm,
          `client_id=go-containerregistry&grant_type=refresh_token&refresh_token=${identityToken}&scope=repository%3Aalice%2Fapp%3Apull&service=${SERVICE}`,
        ],
      ])
    })

    it('is given no refresh token, which it would use for the rest of the process, as it asks for none', async () => {
      const wire = server.wire()
      const crane = make(server.challenge, wire)
      for (const action of ['pull', 'push,pull']) await crane.token(ALICE, `repository:alice/app:${action}`)
      expect(wire.steps).to.deep.equal(['GET 200', 'GET 200'])
    })

    it('reads the answer to a mount of three repositories with the longest names', async () => {
      const names = ['a', 'b', 'c'].map((letter) => `alice/${letter.repeat(249)}`)
      const wire = server.wire()
      const got = await make(server.challenge, wire).token(
        ALICE,
        ...names.map((name) => `repository:${name}:push,pull`),
      )
      expect((await server.open(got.token!)).access).to.deep.equal(
        names.map((name) => `repository:${name}:pull,push`),
      )
    })
  })

  describe('the realm', () => {
    const realms: [string, boolean, RegExp][] = [
      ['http://auth.example.com/auth', false, /use https/],
      ['http://127.0.0.1:5001/auth', true, /private or link-local/],
      ['http://10.1.2.3/auth', true, /private or link-local/],
      ['http://[fd00::1]/auth', true, /private or link-local/],
      ['http://169.254.169.254/auth', true, /private or link-local/],
    ]
    for (const [realm, insecure, shows] of realms) {
      it(`${realm} gets no request`, async () => {
        const wire = new Wire()
        const crane = new Crane({ realm, service: SERVICE }, wire, { registry: REGISTRY, insecure })
        expect((await crane.token(ALICE)).error).to.match(shows)
        expect(wire.steps).to.deep.equal([])
      })
    }

    it('is allowed to be a private address when it is the registry’s own', async () => {
      await using server = await startTokenServer()
      const { host } = new URL(server.challenge.realm)
      const crane = new Crane(server.challenge, server.wire(), { registry: host, insecure: true })
      expect(await crane.token(ALICE)).to.have.property('token')
    })
  })

  describe('with other servers', () => {
    for (const [status, steps] of [
      [404, ['POST 404', 'GET 404']],
      [400, ['POST 400']],
      [401, ['POST 401']],
      [405, ['POST 405']],
    ] as const) {
      it(`takes ${steps.join(' and ')} with an identity token`, async () => {
        const visited = await visit(make, (client) => client.token({ identityToken: 'held' }), status)
        expect(visited.steps).to.deep.equal(steps)
      })
    }

    it('refuses an answer of more than 64 KiB', async () => {
      const { got } = await visit(make, (client) => client.token(ALICE), 200, { token: 'a'.repeat(65_536) })
      expect(got.error).to.match(/exceeds 65536 byte limit/)
    })
  })
})
