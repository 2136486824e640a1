// A token made twice is signed once: when, and what is then handed out.
import { expect } from 'chai'
import fc from 'fast-check'
import { claimsFor, sign, type TokenSettings } from '../../../core/request/sign.ts'
import { SignedBefore } from '../../../core/request/signed-before.ts'
import type { Claims } from '../../../core/token/claims.ts'
import { Cancellation } from '../../../core/work/cancellation.ts'
import { FairPlace } from '../../../core/work/place.ts'
import { resourceOf } from './steps.ts'

const START = Date.parse('2026-01-02T03:04:05.000Z')
const SECOND = 1_000
const MINUTE = 60_000
const REUSE = 10 * SECOND

interface Question {
  readonly account?: string
  readonly service?: string
  readonly scopes?: readonly string[]
  /** Milliseconds after the start: when it is asked, and when the token ends that the client came with. */
  readonly at?: number
  readonly end?: number | undefined
  readonly leaving?: Cancellation
}

/** A server's signing: its tokens are the claims in plain text. */
function signing(expiration = 15 * MINUTE, held?: () => Promise<void>) {
  const signed: Claims[] = []
  let header = 'ES256 a'
  const settings: TokenSettings = {
    issuer: 'Auth Service',
    lifetimes: { expiration, byAction: new Map([['push', 2 * expiration]]) },
    services: undefined,
    signatures: new FairPlace({ name: 'signatures', size: 1 }),
    signer: {
      isQuick: false,
      sign: async (claims) => {
        signed.push(claims as Claims)
        const text = `${header} ${JSON.stringify(claims)}`
        await held?.()
        return text
      },
    },
    signedBefore: new SignedBefore(REUSE, () => header),
  }
  const given = ({
    account = 'alice',
    service = 'registry',
    scopes = ['repository:a:pull'],
    ...more
  }: Question) => {
    const decisions = scopes.map(resourceOf).map((resource) => ({ resource, actions: resource.actions }))
    const identity = { account, labels: {}, authenticator: 'users' }
    return [identity, service, decisions, START + (more.at ?? 0), more.end && START + more.end] as const
  }
  return {
    settings,
    signed,
    rotate: (to: string) => {
      header = to
    },
    ask(question: Question = {}) {
      const [identity, service, decisions, now, end] = given(question)
      const leaving = question.leaving ?? new Cancellation()
      return sign(settings, identity, service, decisions, leaving, now, end)
    },
    /** What would be signed. */
    claims(question: Question) {
      const [identity, service, decisions, now, end] = given(question)
      return claimsFor(settings, identity, service, decisions, now, end)
    },
  }
}

describe('a token made twice', () => {
  it('is signed once, and its times are those of the answer', async () => {
    const { ask, signed } = signing()
    const [first, second] = [await ask(), await ask({ at: 9_999 })]
    expect(signed).to.have.length(1)
    expect(second).to.deep.equal({ ...first, expiresIn: 891, issuedAt: new Date(START + 9 * SECOND) })
    expect(second.jti).to.equal(signed[0]!.jti)
  })

  const cases: [name: string, expiration: number, first: Question, second: Question, signatures: number][] = [
    [
      'in another order',
      MINUTE * 15,
      { scopes: ['repository:a:pull', 'repository:b:pull'] },
      { scopes: ['repository:b:pull', 'repository:a:pull'] },
      1,
    ],
    [
      'with the same actions in two scopes',
      MINUTE * 15,
      { scopes: ['repository:a:pull', 'repository:a:push'] },
      { scopes: ['repository:a:push,pull'] },
      1,
    ],
    ['for another account', MINUTE * 15, {}, { account: 'bob' }, 2],
    ['for nobody', MINUTE * 15, {}, { account: '' }, 2],
    ['for another service', MINUTE * 15, {}, { service: 'other' }, 2],
    ['for other actions', MINUTE * 15, {}, { scopes: ['repository:a:push'] }, 2],
    ['for what was denied', MINUTE * 15, {}, { scopes: ['repository:a:'] }, 2],
    ['for more', MINUTE * 15, {}, { scopes: ['repository:a:pull', 'repository:b:pull'] }, 2],
    ['for nothing', MINUTE * 15, {}, { scopes: [] }, 2],
    [
      'with a name that ends as another begins',
      MINUTE * 15,
      { account: 'a', service: 'b,c' },
      { account: 'a,b', service: 'c' },
      2,
    ],
    ['when the time is over', MINUTE * 15, {}, { at: REUSE }, 2],
    ['when the clock was set back', MINUTE * 15, {}, { at: -1 }, 2],
    ['with 60 s, in the same second', MINUTE, {}, { at: 999 }, 1],
    ['with 60 s, a second later', MINUTE, {}, { at: SECOND }, 2],
    ['with 65 s, while 60 are left', 65 * SECOND, {}, { at: 5 * SECOND }, 1],
    ['with 65 s, when fewer are left', 65 * SECOND, {}, { at: 6 * SECOND }, 2],
    ['with 80 s, while 90 % are left', 80 * SECOND, {}, { at: 8 * SECOND }, 1],
    ['with 80 s, when less is left', 80 * SECOND, {}, { at: 9 * SECOND }, 2],
    ['that ends with another personal token', MINUTE * 15, { end: 5 * MINUTE }, { end: 6 * MINUTE }, 2],
    [
      'that ends with the same personal token',
      MINUTE * 15,
      { end: 5 * MINUTE },
      { end: 5 * MINUTE, at: SECOND },
      1,
    ],
    ['that ends with a personal token, and one that does not', MINUTE * 15, { end: 14 * MINUTE }, {}, 2],
    ['that does not, and one that ends with a personal token', MINUTE * 15, {}, { end: 14 * MINUTE }, 2],
    [
      'with personal tokens that end later',
      MINUTE * 15,
      { end: 60 * MINUTE },
      { end: 90 * MINUTE, at: SECOND },
      1,
    ],
    ['with a personal token that has ended', MINUTE * 15, { end: -1 }, { end: -1, at: SECOND }, 2],
  ]
  for (const [name, expiration, one, other, signatures] of cases) {
    it(`${name}: ${signatures === 1 ? 'one signature' : 'two'}`, async () => {
      const { ask, signed } = signing(expiration)
      const [first, second] = [await ask(one), await ask(other)]
      expect(signed).to.have.length(signatures)
      expect(first.token === second.token).to.equal(signatures === 1)
    })
  }

  it('is signed again by another key, and when the first is back', async () => {
    const { ask, signed, rotate } = signing()
    const tokens = [await ask()]
    for (const header of ['ES256 b', 'ES256 a']) {
      rotate(header)
      tokens.push(await ask(), await ask())
    }
    expect(signed).to.have.length(3)
    expect(tokens.map(({ token }) => token.slice(0, 7))).to.deep.equal([
      'ES256 a',
      'ES256 b',
      'ES256 b',
      'ES256 a',
      'ES256 a',
    ])
  })

  it('by many at once is signed once', async () => {
    const { ask, signed } = signing()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(signed).to.have.length(1)
    expect(new Set(answers.map(({ token }) => token)).size).to.equal(1)
  })

  it('is signed for whoever waits, when the first one has gone', async () => {
    const { ask, signed, settings } = signing()
    const release = await settings.signatures.take(new AbortController().signal)
    const [gone, late] = [new Cancellation(), new Cancellation()]
    const asked = [ask({ leaving: gone }), ask(), ask({ leaving: late })]
    const ends = Promise.allSettled(asked)
    gone.cancel(new Error('gone'))
    late.cancel(new Error('late'))
    await asked[0]!.catch(() => {})
    await asked[2]!.catch(() => {})
    release()
    expect((await ends).map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled', 'rejected'])
    expect(signed).to.have.length(1)
    await ask()
    expect(signed).to.have.length(1)
  })

  it('is tried again after a failure', async () => {
    let failures = 1
    const { ask, signed } = signing(15 * MINUTE, async () => {
      if (failures-- > 0) throw new Error('no key')
    })
    expect(await ask().catch((error: Error) => error.message)).to.equal('no key')
    await ask()
    await ask()
    expect(signed).to.have.length(2)
  })

  it('is kept within bounds: what was signed first goes first', async () => {
    const { ask, signed } = signing()
    const long = (index: number) => ({
      account: `${index}`,
      scopes: [`repository:${'x'.repeat(100_000)}:pull`],
    })
    for (let index = 0; index < 20; index += 1) await ask(long(index))
    await ask(long(19))
    expect(signed).to.have.length(20)
    await ask(long(0))
    expect(signed).to.have.length(21)
  })

  it('says what would be signed but for its times and its id, and does not live longer', async () => {
    const scope = fc
      .tuple(fc.constantFrom('a', 'b'), fc.subarray(['pull', 'push', '*'], { minLength: 0 }))
      .map(([name, actions]) => `repository:${name}:${actions.join()}`)
    const question = fc.record({
      account: fc.constantFrom('alice', 'bob', ''),
      service: fc.constantFrom('registry', 'other'),
      scopes: fc.array(scope, { maxLength: 3 }),
      wait: fc.integer({ min: 0, max: 2_500 }),
      end: fc.option(fc.integer({ min: -1_000, max: 4 * MINUTE }), { nil: undefined }),
      rotated: fc.boolean(),
    })
    const expirations = fc.constantFrom(60, 61, 70, 100, 900)
    const said = ({ iss, sub, aud, access }: Claims) => ({
      iss,
      sub,
      aud,
      access: access.map((entry) => JSON.stringify(entry)).sort(),
    })
    await fc.assert(
      fc.asyncProperty(expirations, fc.array(question, { maxLength: 30 }), async (expiration, questions) => {
        const { ask, claims, rotate } = signing(expiration * SECOND)
        let [at, key] = [0, 0]
        for (const { wait, rotated, ...asked } of questions) {
          at += wait
          if (rotated) key += 1
          rotate(key === 0 ? 'ES256 a' : `ES256 ${key}`)
          const answer = await ask({ ...asked, at })
          const [, header, text] = /^(ES256 \w+) (.*)$/.exec(answer.token)!
          const token: Claims = JSON.parse(text!)
          const fresh = claims({ ...asked, at })
          expect(header).to.equal(`ES256 ${key === 0 ? 'a' : key}`)
          expect(said(token)).to.deep.equal(said(fresh))
          expect(token.exp).to.be.at.most(fresh.exp)
          expect(token.jti).to.equal(answer.jti)
          expect(answer.access).to.deep.equal(token.access)
          const seconds = Math.floor((START + at) / SECOND)
          expect(answer.issuedAt.getTime()).to.equal(seconds * SECOND)
          expect(answer.expiresIn).to.equal(token.exp - seconds)
          expect(answer.expiresIn).to.be.at.least(Math.max(60, 0.9 * (fresh.exp - seconds)))
        }
      }),
    )
  })
})
