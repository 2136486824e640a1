// What BuildKit would do with this server, whoever fetches the token for it.
import { expect } from 'chai'
import { BuildKit } from './buildkit.ts'
import type { Challenge, Credentials } from './client.ts'
import { behavesAsClient } from './conformance.ts'
import { visit } from './other-server.ts'
import { ALICE, SERVICE, startTokenServer } from './token-server.ts'
import type { Wire } from './wire.ts'

const fetchedBy = (fetcher: 'client' | 'daemon') => (challenge: Challenge, wire: Wire) =>
  new BuildKit(challenge, wire, fetcher)
const unexpected = (method: string, status: string) =>
  new RegExp(`^unexpected status from ${method} request to http://[^ ]+: ${status}$`)

describe('BuildKit, with the client', () => {
  behavesAsClient({
    make: fetchedBy('client'),
    good: ['POST 200'],
    goodToken: ['POST 200'],
    lifetime: 810,
    wrongPassword: { steps: ['POST 401', 'GET 401'], shows: unexpected('GET', '401 Unauthorized') },
    badToken: { steps: ['POST 400'], shows: unexpected('POST', '400 Bad Request') },
    outage: { steps: ['POST 503'], shows: unexpected('POST', '503 Service Unavailable') },
    tokenOutage: { steps: ['POST 503'], shows: unexpected('POST', '503 Service Unavailable') },
    malformed: { steps: ['POST 400'], shows: unexpected('POST', '400 Bad Request') },
  })

  it('sends one scope for each resource', async () => {
    await using server = await startTokenServer()
    const wire = server.wire()
    const scopes = ['repository:b:push,pull repository:a:pull', 'repository:b:pull']
    await fetchedBy('client')(server.challenge, wire).token(ALICE, ...scopes)
    expect(wire.last.sent).to.equal(
      `client_id=buildkit-client&grant_type=password&password=canary+of+alice&scope=repository%3Aa%3Apull+repository%3Ab%3Apull%2Cpush&service=${SERVICE}&username=alice`,
    )
  })
})

describe('BuildKit, with its daemon', () => {
  behavesAsClient({
    make: fetchedBy('daemon'),
    good: ['GET 200'],
    // As Basic, with an empty user name.
    goodToken: ['GET 200'],
    lifetime: 810,
    wrongPassword: { steps: ['GET 401', 'POST 401'], shows: unexpected('POST', '401 Unauthorized') },
    badToken: { steps: ['GET 401', 'POST 400'], shows: unexpected('POST', '400 Bad Request') },
    outage: { steps: ['GET 503'], shows: unexpected('GET', '503 Service Unavailable') },
    tokenOutage: { steps: ['GET 503'], shows: unexpected('GET', '503 Service Unavailable') },
    malformed: { steps: ['GET 400'], shows: unexpected('GET', '400 Bad Request') },
  })
})

describe('BuildKit, with other servers', () => {
  const cases: [string, Credentials, number[], number[]][] = [
    ['a password', ALICE, [401, 404, 405], [400, 403, 429, 503]],
    ['an identity token', { identityToken: 'held' }, [401, 404], [400, 403, 405, 429, 503]],
  ]
  for (const [name, credentials, back, end] of cases) {
    it(`falls back with ${name} after ${back}, and not after ${end}`, async () => {
      for (const status of [...back, ...end]) {
        for (const [fetcher, ...methods] of [
          ['client', 'POST', 'GET'],
          ['daemon', 'GET', 'POST'],
        ] as const) {
          const { steps } = await visit(fetchedBy(fetcher), (client) => client.token(credentials), status)
          const all = methods.map((method) => `${method} ${status}`)
          expect(steps).to.deep.equal(back.includes(status) ? all : all.slice(0, 1))
        }
      }
    })
  }

  it('takes a token without a lifetime for one of a minute', async () => {
    const { got } = await visit(fetchedBy('client'), (client) => client.token(ALICE), 200, {
      access_token: 'a',
    })
    expect(got).to.deep.equal({ token: 'a', lifetime: 54 })
  })
})
