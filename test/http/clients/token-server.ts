// The token servers that the clients' suites ask: one with users, a policy and an authenticator that is down behind
// them, and one whose authenticator goes down after the login.
import { join } from 'node:path'
import { hash } from '@node-rs/bcrypt'
import { expect } from 'chai'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { scripted } from '../../support/plugins/index.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../../support/server.ts'
import { keeperOf } from '../../support/token-keeper.ts'
import type { Challenge, Credentials } from './client.ts'
import { Docker } from './docker.ts'
import { Wire } from './wire.ts'

export const SERVICE = 'registry.example.com'
export const ALICE = { user: 'alice', password: 'canary of alice' }
/** Her password is kept as a bcrypt hash. */
export const BOB = { user: 'bob', password: 'canary of bob' }
export const WRONG = { user: 'alice', password: 'not the canary of alice' }
/** Nobody can say whether she is right: who would have to is down. */
export const CAROL = { user: 'carol', password: 'canary of carol' }

const RULES = [
  { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] },
  { match: { name: 'public/*' }, actions: ['pull'] },
]
const AUTHORIZERS = [{ plugin: 'acl', options: { rules: RULES } }]

/** A token that a client got, opened with the server's published keys. */
export type OpenedToken = Pick<TokenAnswer, 'access'> & { claims: NonNullable<TokenAnswer['claims']> }

/** A running server, and what the suites want of it. */
export class TokenServer {
  readonly instance: TestInstance
  readonly #wires: Wire[] = []

  constructor(instance: TestInstance) {
    this.instance = instance
  }

  get challenge(): Challenge {
    return { realm: `http://127.0.0.1:${this.instance.port}/auth`, service: SERVICE }
  }

  /** What the next client sends with. */
  wire(): Wire {
    const wire = new Wire()
    this.#wires.push(wire)
    return wire
  }

  async open(token: string): Promise<OpenedToken> {
    const { json } = await this.instance.send({ path: '/.well-known/jwks.json' })
    const { payload } = await jwtVerify(token, createLocalJWKSet(json))
    const claims = payload as OpenedToken['claims']
    return { claims, access: claims.access.map(({ type, name, actions }) => `${type}:${name}:${actions}`) }
  }

  /** Logs in as Docker does. @returns what is stored in place of the password */
  async logIn(credentials: Credentials): Promise<{ identityToken: string; id: string }> {
    const got = await new Docker(this.challenge, this.wire()).login(credentials)
    expect(got).to.have.property('identityToken').that.is.a('string')
    return { identityToken: got.identityToken!, id: this.instance.audits().at(-1)!.refresh_token }
  }

  /** Revokes a refresh token from outside, as an operator does. */
  async revoke(id: string): Promise<void> {
    const keeper = keeperOf(join(this.instance.folder, 'var'), Date.now)
    expect(await keeper.revoke(id, 'operator')).to.equal(true)
    await keeper.close()
  }

  /** Stops it, and fails when a password or token of a client stands in its log. */
  async stop(): Promise<void> {
    await this.instance.stop()
    for (const secret of this.#wires.flatMap(({ secrets }) => [...secrets])) {
      expect(this.instance.logged).not.to.include(secret)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** With users, and an authenticator behind them that is down. */
export async function startTokenServer(): Promise<TokenServer> {
  const users = {
    '': {},
    alice: { password: '!env ALICE' },
    bob: { password: await hash(BOB.password, 4) },
  }
  const config = {
    token: { issuer: 'Auth Service' },
    authenticators: [
      { plugin: 'static', options: { users } },
      scripted.authenticator('down', { does: 'throw' }),
    ],
    authorizers: AUTHORIZERS,
  }
  return new TokenServer(await startTestServer({ config, env: { ALICE: ALICE.password } }))
}

/** With an authenticator that accepts everybody, and is down when it has to look at them again. */
export async function startFadingTokenServer(): Promise<TokenServer> {
  const script = { answer: { outcome: 'accept' }, refresh: { does: 'throw' } }
  const config = { authenticators: [scripted.authenticator('fading', script)], authorizers: AUTHORIZERS }
  return new TokenServer(await startTestServer({ config }))
}
