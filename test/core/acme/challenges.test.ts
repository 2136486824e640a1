// What servers are shown that look whose a name is.
import { expect } from 'chai'
import { type Challenge, Challenges } from '../../../core/acme/challenges.ts'
import { makeProof } from '../../../core/acme/order.ts'
import { createStore } from '../../../core/services/store.ts'
import { createMemoryEntries } from '../../../core/store/memory-entries.ts'

const clock = { now: () => Date.now() }
const [ONE, TWO] = ['one.example.com', 'two.example.com'].map(
  (domain): Challenge => ({ type: 'tls-alpn-01', domain, token: `token of ${domain}`, proof: 'proof' }),
) as [Challenge, Challenge]

describe('acme: what is shown', function () {
  this.timeout(20_000)

  it('is what was asked last, however long certificates take to be made', async () => {
    const release: (() => void)[] = []
    const challenges = new Challenges(clock, async (challenge) => {
      // The very first one takes longest.
      if (release.length === 0) await new Promise<void>((resolve) => release.push(resolve))
      return await makeProof(challenge)
    })
    const first = challenges.show([ONE], undefined)
    const second = challenges.show([ONE, TWO], undefined)
    while (release.length === 0) await new Promise(setImmediate)
    release[0]!()
    await Promise.all([first, second])
    expect(challenges.contextOf(ONE.domain)).to.not.equal(undefined)
    expect(challenges.contextOf(TWO.domain)).to.not.equal(undefined)
    await Promise.all([challenges.show([TWO], undefined), challenges.show([], undefined)])
    expect(challenges.contextOf(TWO.domain)).to.equal(undefined)
  })

  it('is made once, however many are shown beside it', async () => {
    const made: string[] = []
    const challenges = new Challenges(clock, async (challenge) => {
      made.push(challenge.domain)
      return await makeProof(challenge)
    })
    await challenges.show([ONE], undefined)
    await challenges.show([ONE, TWO], undefined)
    await challenges.show([{ ...ONE, token: 'another' }, TWO], undefined)
    expect(made).to.deep.equal([ONE.domain, TWO.domain, ONE.domain])
  })

  it('is not what another node shows, as long as this one orders', async () => {
    const backing = async () => ({ entries: createMemoryEntries(clock), keys: [Buffer.alloc(32, 1)] })
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const store = createStore({ owner: { kind: 'server', plugin: 'acme', id: 'acme' }, backing, clock, log })
    const [own, other] = [new Challenges(clock, makeProof), new Challenges(clock, makeProof)]
    await other.show([TWO], store)
    const following = own.follow(store)
    own.begin()
    const shown = own.show([ONE], undefined)
    await Promise.all([following, shown])
    expect(own.contextOf(ONE.domain)).to.not.equal(undefined)
    own.end()
    await own.follow(store)
    expect(own.contextOf(ONE.domain)).to.equal(undefined)
    expect(own.contextOf(TWO.domain)).to.not.equal(undefined)
  })
})
