// What registry clients make of the guard: a password that one sends twice is one failure, and what a person sees of a 429.
import { expect } from 'chai'
import { GUARD } from '../../../core/work/guard/gate.ts'
import { Guard } from '../../../core/work/guard/guard.ts'
import { KnownNetworks } from '../../../core/work/guard/known-networks.ts'
import { BuildKit } from './buildkit.ts'
import type { Challenge, RegistryClient } from './client.ts'
import { Containerd } from './containerd.ts'
import { Crane } from './crane.ts'
import { Docker } from './docker.ts'
import { Helm } from './helm.ts'
import { Oras } from './oras.ts'
import { OrasV1 } from './oras-v1.ts'
import { Podman } from './podman.ts'
import { ALICE, startTokenServer, type TokenServer } from './token-server.ts'
import type { Wire } from './wire.ts'

const silent = () => {}
const LOG = { debug: silent, info: silent, warn: silent, error: silent }
const SCOPE = 'repository:alice/app:pull'

const TELLS = /too many wrong passwords for this account from your network; wait 1 s/
const UNEXPECTED = /unexpected status from POST request to .*: 429 Too Many Requests/

interface Case {
  readonly name: string
  make(challenge: Challenge, wire: Wire): RegistryClient
  /** What a person sees. */
  readonly shows: RegExp
  /** How often it asks. */
  readonly asks: number
}

const CASES: readonly Case[] = [
  { name: 'docker', make: (...given) => new Docker(...given), shows: TELLS, asks: 1 },
  { name: 'containerd', make: (...given) => new Containerd(...given), shows: UNEXPECTED, asks: 1 },
  { name: 'BuildKit', make: (...given) => new BuildKit(...given), shows: UNEXPECTED, asks: 1 },
  {
    name: 'crane',
    make: (challenge, wire) =>
      new Crane(challenge, wire, { registry: new URL(challenge.realm).host, insecure: true }),
    shows: TELLS,
    asks: 3,
  },
  { name: 'oras', make: (...given) => new Oras(...given), shows: TELLS, asks: 6 },
  { name: 'oras 1', make: (...given) => new OrasV1(...given), shows: UNEXPECTED, asks: 1 },
  { name: 'Helm', make: (...given) => new Helm(...given), shows: TELLS, asks: 6 },
  {
    name: 'podman',
    make: (...given) => new Podman(...given),
    shows: /^too many requests to registry$/,
    asks: 1,
  },
]

describe('registry clients and the guard', () => {
  let server: TokenServer
  beforeEach(async () => {
    server = await startTokenServer()
    // No time passes by itself.
    const now = () => 0
    const guard = new Guard({ known: new KnownNetworks(now), log: LOG, now })
    server.instance.server.services.container.registerInstance(GUARD, guard)
  })
  afterEach(() => server.stop())

  for (const { name, make, shows, asks } of CASES) {
    it(`${name}: a wrong password is one failure, however often it is sent`, async () => {
      const wrong = (nth: number) => ({ ...ALICE, password: `wrong guess ${nth}` })
      for (let nth = 0; nth < 4; nth++) {
        const wire = server.wire()
        expect((await make(server.challenge, wire).token(wrong(nth), SCOPE)).token).to.equal(undefined)
      }
      const rejected = server.instance.audits().filter(({ asked }) => asked?.[0] === 'static: reject')
      expect(rejected).to.have.length(4)
      expect((await make(server.challenge, server.wire()).token(ALICE, SCOPE)).token).to.be.a('string')
    })

    it(`${name}: shows what it makes of too many`, async () => {
      for (let nth = 0; nth < 5; nth++)
        await server.instance.token({ user: ['alice', `wrong guess ${nth}`], query: { service: 'r' } })
      const wire = server.wire()
      const { token, error } = await make(server.challenge, wire).token(ALICE, SCOPE)
      expect(token).to.equal(undefined)
      expect(error).to.match(shows)
      expect(wire.steps.map((step) => step.slice(-3))).to.deep.equal(Array(asks).fill('429'))
    })
  }
})
