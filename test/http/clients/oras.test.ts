// What oras and Helm, newer and older ones, would do with this server.
import { expect } from 'chai'
import type { Challenge } from './client.ts'
import { behavesAsClient, type Failure } from './conformance.ts'
import { Helm } from './helm.ts'
import { Oras } from './oras.ts'
import { OrasV1 } from './oras-v1.ts'
import { visit } from './other-server.ts'
import { ALICE, SERVICE, startTokenServer } from './token-server.ts'
import type { Wire } from './wire.ts'

const oras = (challenge: Challenge, wire: Wire) => new Oras(challenge, wire)
const says = (method: string, status: number, words: string) =>
  new RegExp(`^${method} "http://[^ ]+": response status code ${status}: ${words}`)
const times = (count: number, step: string): string[] => Array(count).fill(step)

const WRONG: Failure = {
  steps: ['GET 401'],
  shows: says('GET', 401, 'unauthorized: wrong user name or password$'),
}
const FACTS = {
  good: ['GET 200'],
  goodToken: ['POST 200'],
  lifetime: undefined,
  wrongPassword: WRONG,
  badToken: { steps: ['POST 400'], shows: says('POST', 400, 'unauthorized: the refresh token is not good') },
  outage: { steps: times(6, 'GET 503'), shows: says('GET', 503, 'unavailable: .*try again$') },
  tokenOutage: { steps: times(6, 'POST 503'), shows: says('POST', 503, 'unavailable: .*try again$') },
  malformed: { steps: ['GET 400'], shows: says('GET', 400, 'invalid_request: service must be at most 256') },
}

describe('oras', () => {
  behavesAsClient({
    ...FACTS,
    make: oras,
    login: { good: ['GET 200'], wrongPassword: WRONG, stores: 'the password' },
  })

  it('sends what its requests are known to send, one scope for each resource', async () => {
    await using server = await startTokenServer()
    const { identityToken } = await server.logIn(ALICE)
    const wire = server.wire()
    const scopes = ['repository:b:push,pull', 'repository:b:pull', 'repository:a:pull']
    await oras(server.challenge, wire).token(ALICE, ...scopes)
    await oras(server.challenge, wire).token({ identityToken }, ...scopes)
    const { realm } = server.challenge
    expect(wire.exchanges.map(({ url, sent }) => [url, sent])).to.deep.equal([
      [`${realm}?scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull%2Cpush&service=${SERVICE}`, ''],
      [
        realm,
        `client_id=oras-go&grant_type=refresh_token&refresh_token=${identityToken}&scope=repository%3Aa%3Apull+repository%3Ab%3Apull%2Cpush&service=${SERVICE}`,
      ],
    ])
  })

  it('reads the answer to a hundred scopes with the longest names', async () => {
    await using server = await startTokenServer()
    const scopes = Array.from(
      { length: 100 },
      (_, index) => `repository:alice/${String(index).padStart(3, '0')}${'x'.repeat(246)}:delete,pull,push`,
    )
    const wire = server.wire()
    // In a form: a URL would be longer than the server's limit.
    const got = await new Oras(server.challenge, wire).fetch(ALICE, scopes, true)
    expect((await server.open(got.token!)).access).to.deep.equal(scopes)
  })

  it('can’t read an answer of more than 128 KiB', async () => {
    const { got } = await visit(oras, (client) => client.token(ALICE), 200, { token: 'a'.repeat(131_072) })
    expect(got.error).to.match(/^unable to decode token response/)
  })
})

describe('Helm', () => {
  const wrong = { ...WRONG, steps: ['POST 401', 'GET 401'] }
  const helm = (challenge: Challenge, wire: Wire) => new Helm(challenge, wire)
  behavesAsClient({
    ...FACTS,
    make: helm,
    login: { good: ['POST 200'], wrongPassword: wrong, stores: 'the password' },
  })

  it('logs in by GET with a server that has no POST', async () => {
    const visited = await visit(helm, (client) => client.login!(ALICE), 405)
    expect(visited.steps).to.deep.equal(['POST 405', 'GET 405'])
  })
})

describe('an older oras or Helm', () => {
  const unexpected = (method: string, status: string) =>
    new RegExp(`^unexpected status from ${method} request to http://[^ ]+: ${status}$`)
  behavesAsClient({
    make: (challenge, wire) => new OrasV1(challenge, wire),
    good: ['POST 200'],
    goodToken: ['POST 200'],
    login: {
      good: ['GET 200'],
      wrongPassword: { steps: ['GET 401'], shows: /^unauthorized: wrong user name or password$/ },
      stores: 'an identity token',
    },
    lifetime: 900,
    wrongPassword: { steps: ['POST 401', 'GET 401'], shows: unexpected('GET', '401 Unauthorized') },
    badToken: { steps: ['POST 400', 'GET 401'], shows: unexpected('GET', '401 Unauthorized') },
    outage: { steps: ['POST 503'], shows: unexpected('POST', '503 Service Unavailable') },
    tokenOutage: { steps: ['POST 503'], shows: unexpected('POST', '503 Service Unavailable') },
    malformed: { steps: ['POST 400', 'GET 400'], shows: unexpected('GET', '400 Bad Request') },
  })
})
