// What must be refused, at a finished sign-in and at a refresh: each case against an issuer that does exactly that.
import { mock } from 'node:test'
import { expect } from 'chai'
import { base64url, exportJWK, generateKeyPair, type JWTPayload } from 'jose'
import { type JsonValue, type OAuthClient, OAuthRefused } from '../../../core/plugin.ts'
import { type FakeIssuer, startFakeIssuer } from '../../support/fake-issuer.ts'
import { json, serve } from '../../support/http-server.ts'
import {
  begin,
  CLIENT_ID,
  callback,
  failureOf,
  finish,
  openClient,
  STATE,
  soon,
} from '../../support/oauth-clients.ts'

const CODE = 'code-of-the-test'
const now = () => Math.floor(Date.now() / 1_000)
const utf8 = (text: string) => new TextEncoder().encode(text)

/** Signs in at a fake issuer whose ID token is made by `idToken` from the nonce. */
async function signIn(fake: FakeIssuer, idToken: (nonce: string) => Promise<string> | string) {
  await using client = openClient(fake.issuer)
  return await signInBy(client, fake, idToken)
}

/** The same, by a client that may know the issuer from before. */
async function signInBy(
  client: OAuthClient,
  fake: FakeIssuer,
  idToken: (nonce: string) => Promise<string> | string,
) {
  const { keep } = await begin(client)
  const { nonce } = keep as { nonce: string }
  fake.token = async () => ({
    body: { access_token: 'access-token', token_type: 'Bearer', id_token: await idToken(nonce) },
  })
  return await finish(client, callback({ code: CODE, state: STATE, iss: fake.issuer }), keep)
}

async function refused(work: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await failureOf(work)
  expect(error).to.be.instanceOf(OAuthRefused)
  expect(error.message).to.match(message).and.not.contain(CODE).and.not.contain('access-token')
}

describe('an ID token', () => {
  let fake: FakeIssuer
  beforeEach(async () => {
    fake = await startFakeIssuer()
  })
  afterEach(() => fake[Symbol.asyncDispose]())

  it('is accepted when all is as it should be', async () => {
    const { claims } = await signIn(fake, (nonce) => fake.idToken({ nonce, email: 'a@example.com' }))
    expect(claims).to.include({ sub: 'alice', email: 'a@example.com' })
  })

  const WRONG: readonly [string, (nonce: string) => JWTPayload, RegExp][] = [
    ['for another audience', (nonce) => ({ nonce, aud: 'another' }), /another "aud"/],
    ['for several audiences', (nonce) => ({ nonce, aud: [CLIENT_ID, 'another'] }), /another "aud"/],
    ['handed to another party', (nonce) => ({ nonce, aud: [CLIENT_ID, 'b'], azp: 'b' }), /another "azp"/],
    ['of another issuer', (nonce) => ({ nonce, iss: 'https://evil.example' }), /another "iss"/],
    ['of another sign-in', () => ({ nonce: 'another' }), /another "nonce"/],
    ['without a nonce', () => ({}), /nonce/],
    ['that has expired', (nonce) => ({ nonce, exp: now() - 60 }), /not valid at this time \("exp"\)/],
    ['that is not valid yet', (nonce) => ({ nonce, nbf: now() + 600 }), /not valid at this time \("nbf"\)/],
    ['without an end', (nonce) => ({ nonce, exp: undefined }), /"exp"/],
    ['without a subject', (nonce) => ({ nonce, sub: undefined }), /"sub"/],
  ]
  for (const [name, claims, message] of WRONG) {
    it(`is refused: ${name}`, () =>
      refused(
        signIn(fake, (nonce) => fake.idToken(claims(nonce))),
        message,
      ))
  }

  it('is accepted from a clock that is a few seconds off', async () => {
    await signIn(fake, (nonce) => fake.idToken({ nonce, exp: now() - 3, nbf: now() + 3 }))
  })

  it('is refused without a signature: alg none', () =>
    refused(
      signIn(fake, async (nonce) => {
        const [, payload] = (await fake.idToken({ nonce })).split('.')
        return `${base64url.encode(JSON.stringify({ alg: 'none' }))}.${payload}.`
      }),
      /alg/,
    ))

  it('is refused when it is signed with the public key as an HMAC secret', async () => {
    const [header] = [{ alg: 'HS256', kid: 'published' }]
    for (const secret of [fake.publicPem, fake.publicPem.trim(), JSON.stringify(fake.keys[0])]) {
      await refused(
        signIn(fake, (nonce) => fake.idToken({ nonce }, header, utf8(secret))),
        /algorithm/,
      )
    }
  })

  it('is refused with a signature of another key under the published name', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    await refused(
      signIn(fake, (nonce) => fake.idToken({ nonce }, {}, privateKey)),
      /signature/,
    )
  })

  it('is refused five minutes after the provider withdrew its key, by who knows the key from before', async () => {
    await using client = openClient(fake.issuer)
    const signInNow = () => signInBy(client, fake, (nonce) => fake.idToken({ nonce }))
    await signInNow()
    const { publicKey } = await generateKeyPair('RS256', { extractable: true })
    fake.keys = [{ ...(await exportJWK(publicKey)), kid: 'next', alg: 'RS256', use: 'sig' }]
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 300_000 })
    try {
      await refused(signInNow(), /names no key of the provider/)
    } finally {
      mock.timers.reset()
    }
  })

  it('is refused when a claim was changed', () =>
    refused(
      signIn(fake, async (nonce) => {
        const [header, payload, signature] = (await fake.idToken({ nonce })).split('.')
        const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString())
        return `${header}.${base64url.encode(JSON.stringify({ ...claims, sub: 'admin' }))}.${signature}`
      }),
      /signature/,
    ))

  it('makes nobody fetch a key from where it says, or take one that it brings along', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'evil', alg: 'RS256' }
    const attacker = await serve((_, response) => json(response, 200, { keys: [jwk] }))
    try {
      for (const header of [
        { kid: 'evil', jku: `${attacker.origin}/jwks` },
        { kid: `${attacker.origin}/jwks` },
        { kid: 'evil', x5u: `${attacker.origin}/x5u`, jwk },
        { kid: '../../evil' },
        { kid: 'published', jwk },
      ]) {
        await refused(
          signIn(fake, (nonce) => fake.idToken({ nonce }, header, privateKey)),
          /names no key of the provider|signature/,
        )
      }
      expect(attacker.received).to.deep.equal([])
    } finally {
      await attacker.close()
    }
  })

  for (const [name, text] of [
    ['damaged', 'not.a.token'],
    ['no JWT at all', 'text'],
    ['encrypted', 'a.b.c.d.e'],
    ['not base64', '!!!.???.***'],
  ]) {
    it(`is refused: ${name}`, () =>
      refused(
        signIn(fake, () => text!),
        /is refused/,
      ))
  }

  it('is refused at a refresh too', async () => {
    await using client = openClient(fake.issuer)
    for (const [claims, header, message] of [
      [{ aud: 'another' }, {}, /another "aud"/],
      [{ iss: 'https://evil.example' }, {}, /another "iss"/],
      [{ exp: now() - 60 }, {}, /"exp"/],
      [{}, { kid: 'evil' }, /names no key/],
    ] as const) {
      const id_token = await fake.idToken(claims, header)
      fake.token = () => ({ body: { access_token: 'access-token', token_type: 'Bearer', id_token } })
      await refused(client.refresh('refresh-token', soon()), message)
    }
  })
})

describe('what the browser brings back', () => {
  let fake: FakeIssuer
  before(async () => {
    fake = await startFakeIssuer()
  })
  after(() => fake[Symbol.asyncDispose]())

  const good = () => ({ code: CODE, state: STATE, iss: fake.issuer })
  const CASES: readonly [string, () => Record<string, string>, RegExp][] = [
    ['another state', () => ({ ...good(), state: 'another' }), /state/],
    ['no state', () => ({ code: CODE, iss: fake.issuer }), /state/],
    ['the issuer of another provider', () => ({ ...good(), iss: 'https://evil.example' }), /iss/],
    ['no issuer, of a provider that sends it', () => ({ code: CODE, state: STATE }), /iss/],
    ['no code', () => ({ state: STATE, iss: fake.issuer }), /code/],
    ['a token in place of a code', () => ({ ...good(), id_token: 'a.b.c' }), /flow/],
    ['another state with an error', () => ({ ...good(), state: 'x', error: 'access_denied' }), /state/],
  ]
  for (const [name, parameters, message] of CASES) {
    it(`is refused before anything is sent: ${name}`, async () => {
      await using client = openClient(fake.issuer)
      const { keep } = await begin(client)
      const before = fake.requests.length
      await refused(finish(client, callback(parameters()), keep), message)
      expect(fake.requests.length).to.equal(before)
    })
  }

  it('is refused with a parameter given twice', async () => {
    await using client = openClient(fake.issuer)
    const { keep } = await begin(client)
    const url = callback(good())
    url.searchParams.append('code', 'another')
    await refused(finish(client, url, keep), /code/)
  })

  it('is refused with what was kept for nobody', async () => {
    await using client = openClient(fake.issuer)
    const KEPT: readonly JsonValue[] = [null, {}, 'text', [], { verifier: 'v' }, { verifier: 1, nonce: 'n' }]
    for (const keep of KEPT) {
      await refused(finish(client, callback(good()), keep), /begin anew/)
    }
  })
})
