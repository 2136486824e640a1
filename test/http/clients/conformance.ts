// The suite that every client's driver runs against a real server: what the client would do, and show.
import { expect } from 'chai'
import type { Challenge, Credentials, Got, RegistryClient } from './client.ts'
import {
  ALICE,
  BOB,
  CAROL,
  type OpenedToken,
  SERVICE,
  startFadingTokenServer,
  startTokenServer,
  type TokenServer,
  WRONG,
} from './token-server.ts'
import type { Wire } from './wire.ts'

/** How a client fails: the requests that it sends, with their answers, and what a person then sees. */
export interface Failure {
  readonly steps: readonly string[]
  readonly shows: RegExp
}

export interface ClientFacts {
  make(challenge: Challenge, wire: Wire): RegistryClient
  /** What a request with the right password takes. */
  readonly good: readonly string[]
  /** What a request with a good identity token takes. */
  readonly goodToken: readonly string[]
  /** Left out = its login asks nobody. */
  readonly login?: {
    readonly good: readonly string[]
    readonly wrongPassword: Failure
    readonly stores: 'the password' | 'an identity token'
  }
  /** Seconds that it uses a token with the default lifetime of 15 minutes. */
  readonly lifetime: number | undefined
  readonly wrongPassword: Failure
  /** For a refresh token that was revoked, or is none. */
  readonly badToken: Failure
  /** The server can't say whether the password is right. */
  readonly outage: Failure
  /** The server can't say whether the refresh token is good. */
  readonly tokenOutage: Failure
  /** The server does not understand the request. */
  readonly malformed: Failure
}

/** Declares the suite. */
export function behavesAsClient(facts: ClientFacts): void {
  let server: TokenServer
  before(async () => {
    server = await startTokenServer()
  })
  after(() => server.stop())

  /** A client of its own for each request. */
  function client(change: Partial<Challenge> = {}): RegistryClient & { wire: Wire } {
    const wire = server.wire()
    const made = facts.make({ ...server.challenge, ...change }, wire)
    return { wire, token: made.token.bind(made), ...(made.login && { login: made.login.bind(made) }) }
  }

  async function fetch(credentials: Credentials, ...scopes: string[]): Promise<OpenedToken & { got: Got }> {
    const { wire, token } = client()
    const got = await token(credentials, ...scopes)
    expect(got).not.to.have.property('error')
    expect(wire.steps).to.deep.equal(credentials.user ? facts.good : ['GET 200'])
    return { ...(await server.open(got.token!)), got }
  }

  function expectFailure({ steps, shows }: Failure, wire: Wire, got: Got): void {
    expect(wire.steps).to.deep.equal(steps)
    expect(got.error).to.match(shows)
    expect(got).not.to.have.any.keys('token', 'identityToken')
    for (const { answer } of wire.exchanges) {
      expect(answer.headers['content-type']).to.match(/^application\/json/)
    }
  }

  describe('with a password', () => {
    it('pushes to its own repository', async () => {
      const { got, claims, access } = await fetch(ALICE, 'repository:alice/app:pull,push')
      expect(access).to.deep.equal(['repository:alice/app:pull,push'])
      expect(claims).to.include({ iss: 'Auth Service', sub: 'alice', aud: SERVICE })
      expect(got.lifetime).to.equal(facts.lifetime)
      expect(got).not.to.have.property('identityToken')
    })

    it('pulls, also when the server holds only a bcrypt hash', async () => {
      const { claims, access } = await fetch(BOB, 'repository:public/base:pull')
      expect(access).to.deep.equal(['repository:public/base:pull'])
      expect(claims.sub).to.equal('bob')
    })

    it('mounts a layer from another repository', async () => {
      const scopes = ['repository:alice/app:pull,push', 'repository:public/base:pull']
      expect((await fetch(ALICE, ...scopes)).access).to.deep.equal(scopes)
    })

    it('gets what is allowed when not all is, and goes on with that', async () => {
      const { access } = await fetch(ALICE, 'repository:public/base:pull,push', 'repository:zoe/app:pull')
      expect(access).to.deep.equal(['repository:public/base:pull', 'repository:zoe/app:'])
    })

    it('gets one entry for a resource that it names twice', async () => {
      const { access } = await fetch(ALICE, 'repository:alice/app:pull', 'repository:alice/app:pull,push')
      expect(access).to.deep.equal(['repository:alice/app:pull,push'])
    })

    it('gets a token for nothing when it names no scope', async () => {
      expect((await fetch(ALICE)).access).to.deep.equal([])
      expect((await fetch(ALICE, '')).access).to.deep.equal([])
    })

    it('shows that the password is wrong', async () => {
      const { wire, token } = client()
      const got = await token(WRONG, 'repository:alice/app:pull')
      expectFailure(facts.wrongPassword, wire, got)
      expect(wire.last.answer.headers['www-authenticate']).to.match(/^Basic realm="Auth Service"/)
    })

    it('does not take an outage for a wrong password', async () => {
      const { wire, token } = client()
      const got = await token(CAROL, 'repository:alice/app:pull')
      expectFailure(facts.outage, wire, got)
      expect(wire.last.answer.headers['retry-after']).to.match(/^\d+$/)
    })

    it('shows what it can of a request that the server does not understand', async () => {
      const { wire, token } = client({ service: 'x'.repeat(257) })
      expectFailure(facts.malformed, wire, await token(ALICE, 'repository:alice/app:pull'))
    })
  })

  describe('without credentials', () => {
    it('pulls what everybody may, and nothing else', async () => {
      const { claims, access } = await fetch({}, 'repository:alice/app:pull', 'repository:public/base:pull')
      expect(access).to.have.members(['repository:alice/app:', 'repository:public/base:pull'])
      expect(claims.sub).to.equal('')
    })
  })

  describe('with an identity token', () => {
    it('pushes, again and again, with one request each', async () => {
      const { identityToken } = await server.logIn(ALICE)
      for (let time = 1; time <= 3; time++) {
        const { wire, token } = client()
        const got = await token({ identityToken }, 'repository:alice/app:pull,push')
        expect(wire.steps).to.deep.equal(facts.goodToken)
        expect((await server.open(got.token!)).claims).to.include({ sub: 'alice', aud: SERVICE })
        expect(got.identityToken ?? identityToken).to.equal(identityToken)
      }
    })

    it('shows an error when it was revoked, and does not ask for ever', async () => {
      const { identityToken, id } = await server.logIn(ALICE)
      await server.revoke(id)
      const { wire, token } = client()
      expectFailure(facts.badToken, wire, await token({ identityToken }, 'repository:alice/app:pull'))
    })

    it('shows an error when the text is none, and when it is for another service', async () => {
      const { identityToken } = await server.logIn(ALICE)
      const bad = client()
      const other = client({ service: 'other.example.com' })
      const scope = 'repository:alice/app:pull'
      expectFailure(facts.badToken, bad.wire, await bad.token({ identityToken: 'canary of any text' }, scope))
      expectFailure(facts.badToken, other.wire, await other.token({ identityToken }, scope))
    })

    it('does not take an outage for a bad token', async () => {
      await using fading = await startFadingTokenServer()
      const { identityToken } = await fading.logIn(CAROL)
      const wire = fading.wire()
      const got = await facts.make(fading.challenge, wire).token({ identityToken }, 'repository:carol/a:pull')
      expectFailure(facts.tokenOutage, wire, got)
    })
  })

  const { login: loginFacts } = facts
  if (!loginFacts) return

  describe('its login', () => {
    it(`succeeds with the right password, and stores ${loginFacts.stores}`, async () => {
      const { wire, login } = client()
      const got = await login!(ALICE)
      expect(wire.steps).to.deep.equal(loginFacts.good)
      expect((await server.open(got.token!)).access).to.deep.equal([])
      expect(got.identityToken !== undefined).to.equal(loginFacts.stores === 'an identity token')
    })

    it('shows that the password is wrong', async () => {
      const { wire, login } = client()
      expectFailure(loginFacts.wrongPassword, wire, await login!(WRONG))
    })
  })
}
