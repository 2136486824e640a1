import { expect } from 'chai'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { type KeyPlan, KeyRing } from '../../../core/keys/key-ring.ts'
import { loadSigningKey, type SigningKey } from '../../../core/keys/keys.ts'
import { newPair } from '../../support/key-pairs.ts'

const NOW = Date.UTC(2026, 10, 24)
const FIRST = Number.NEGATIVE_INFINITY
const LIFETIME = 900_000
/** When nobody can hold a token of a former key any more. */
const LONG_AFTER = LIFETIME + 600_000

type Pair = Awaited<ReturnType<typeof newPair>>

/** Each call makes a new object, as reading a file again does. */
const load = (pair: Pair, x5c = true) =>
  loadSigningKey({ ...pair, x5c, keyId: 'thumbprint', source: 'test', renewal: 'renew it' })

const kidOf = (token: string) => decodeProtectedHeader(token).kid

describe('key ring', () => {
  let pairs: Pair[]
  let one: SigningKey
  let two: SigningKey
  let three: SigningKey
  let now: number
  let ring: KeyRing
  let switches: string[]

  before(async () => {
    pairs = await Promise.all([newPair('P-256'), newPair('P-256'), newPair('P-256')])
    ;[one, two, three] = (await Promise.all(pairs.map((pair) => load(pair)))) as [
      SigningKey,
      SigningKey,
      SigningKey,
    ]
  })
  beforeEach(() => {
    now = NOW
    switches = []
  })
  afterEach(() => ring.close())

  function open(plan: KeyPlan): void {
    ring = new KeyRing(plan, {
      clock: { now: () => now },
      longestLifetime: LIFETIME,
      onSwitch: ({ kid }) => switches.push(kid),
    })
  }

  const planOf = (...keys: [SigningKey, number][]): KeyPlan => ({
    keys: keys.map(([key, signsFrom]) => ({ key, signsFrom })),
    published: [],
  })
  const published = () => ring.keySet().keys.map(({ kid }) => kid)
  const verify = (token: string, keys = ring.keySet()) =>
    jwtVerify(token, createLocalJWKSet(keys as JSONWebKeySet))

  it('the next key signs from its time on, and that is told once', async () => {
    open(planOf([one, FIRST], [two, NOW + 1000]))
    expect(kidOf(await ring.sign({}))).to.equal(one.kid)
    now += 999
    expect(kidOf(await ring.sign({}))).to.equal(one.kid)
    expect(switches).to.deep.equal([])
    now += 1
    const tokens = await Promise.all([ring.sign({}), ring.sign({}), ring.sign({})])
    expect(tokens.map(kidOf)).to.deep.equal([two.kid, two.kid, two.kid])
    expect(ring.current!.kid).to.equal(two.kid)
    expect(switches).to.deep.equal([two.kid])
  })

  it('while hundreds of signatures are under way, none is lost, and all verify with what is published', async () => {
    open(planOf([one, FIRST], [two, NOW + 200], [three, NOW + 400]))
    const before = ring.keySet()
    const signing = Array.from({ length: 600 }, (_, index) => {
      now = NOW + index
      return ring.sign({ sub: `account-${index}` })
    })
    const tokens = await Promise.all(signing)
    const after = ring.keySet()
    for (const [index, token] of tokens.entries()) {
      expect(kidOf(token)).to.equal([one, two, three][Math.floor(index / 200)]!.kid)
      // A verifier may have read the set before the switch, or after it.
      const keys = index % 2 === 0 ? before : after
      expect((await verify(token, keys)).payload.sub).to.equal(`account-${index}`)
    }
    expect(switches).to.deep.equal([two.kid, three.kid])
  })

  it('a key that was read again and is the same goes on signing: nothing switches', async () => {
    open(planOf([one, FIRST]))
    const under = [ring.sign({}), ring.sign({})]
    ring.replace(planOf([await load(pairs[0]!), FIRST]))
    const tokens = await Promise.all([...under, ring.sign({})])
    expect(tokens.map(kidOf)).to.deep.equal([one.kid, one.kid, one.kid])
    expect(switches).to.deep.equal([])
  })

  it('a renewed certificate of the same key is sent from then on', async () => {
    open(planOf([await load(pairs[0]!, false), FIRST]))
    expect(decodeProtectedHeader(await ring.sign({}))).not.to.have.property('x5c')
    ring.replace(planOf([one, FIRST]))
    expect(decodeProtectedHeader(await ring.sign({})).x5c).to.deep.equal(one.certificateChain)
  })

  it('other keys take over at once, and what the former one had begun is finished', async () => {
    open(planOf([one, FIRST]))
    const under = Array.from({ length: 100 }, () => ring.sign({}))
    ring.replace(planOf([two, FIRST]))
    expect(kidOf(await ring.sign({}))).to.equal(two.kid)
    expect(new Set((await Promise.all(under)).map(kidOf))).to.deep.equal(new Set([one.kid]))
  })

  it('publishes what waits, signs and retires, and drops what is retired', () => {
    open(planOf([one, FIRST], [two, NOW + 1000], [three, NOW + 2000]))
    expect(published()).to.deep.equal([one.kid, two.kid, three.kid])
    now = NOW + 1000
    expect(published()).to.deep.equal([one.kid, two.kid, three.kid])
    now = NOW + 1000 + LIFETIME
    expect(published()).to.deep.equal([one.kid, two.kid, three.kid])
    now = NOW + 1000 + LONG_AFTER
    expect(published()).to.deep.equal([three.kid])
  })

  it('publishes keys that never sign, whatever the time', async () => {
    open({ ...planOf([one, FIRST]), published: [two] })
    now += LONG_AFTER
    expect(published()).to.deep.equal([one.kid, two.kid])
    expect(kidOf(await ring.sign({}))).to.equal(one.kid)
  })

  it('a clock that was set back goes back to the former key, and never leaves none', async () => {
    open(planOf([one, NOW], [two, NOW + 1000]))
    now = NOW + 1000
    expect(kidOf(await ring.sign({}))).to.equal(two.kid)
    now = NOW
    expect(kidOf(await ring.sign({}))).to.equal(one.kid)
    now = NOW - 1000
    const token = await ring.sign({})
    expect(kidOf(token)).to.equal(one.kid)
    await verify(token)
  })

  it('without a key there is nothing to sign with', async () => {
    open({ keys: [], published: [] })
    expect(ring.current).to.equal(undefined)
    expect(ring.keySet()).to.deep.equal({ keys: [] })
    const failure = await ring.sign({}).catch((error: Error) => error.message)
    expect(failure).to.equal('there is no signing key')
  })

  it('closing waits for what a former key has begun', async () => {
    open(planOf([one, FIRST], [two, NOW + 1]))
    const under = Array.from({ length: 50 }, () => ring.sign({}))
    now += 1
    await ring.sign({})
    let finished = 0
    for (const token of under) token.then(() => finished++)
    await ring.close()
    expect(finished).to.equal(50)
  })
})
