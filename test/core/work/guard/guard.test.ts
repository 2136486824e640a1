import { expect } from 'chai'
import { Busy, Secret } from '../../../../core/plugin.ts'
import { Cancellation } from '../../../../core/work/cancellation.ts'
import { type Asking, Throttled } from '../../../../core/work/guard/gate.ts'
import { Guard } from '../../../../core/work/guard/guard.ts'
import { KnownNetworks } from '../../../../core/work/guard/known-networks.ts'
import type { Lockout } from '../../../../core/work/guard/lockouts.ts'
import { ACCOUNTS, ATTACKING_NETWORKS } from '../../../../core/work/guard/tally.ts'

const DAY = 86_400_000

/** A guard whose time is in the test's hand, before a backend that knows right passwords. */
class Guarded {
  time = 0
  /** What reached the backend, as `account password`. */
  readonly asked: string[] = []
  /** When a wrong password reached it. */
  readonly failed: number[] = []
  readonly warned: { message: string; facts: object }[] = []
  readonly guard: Guard

  constructor(lockout?: Lockout) {
    const now = () => this.time
    const warn = (facts: object, message: string) => void this.warned.push({ facts, message })
    const silent = () => {}
    const log = { debug: silent, info: silent, warn, error: silent }
    this.guard = new Guard({ known: new KnownNetworks(now), log, now, lockout })
  }

  admit(account: string, password: string, network: string, more: Partial<Asking> = {}) {
    const asking = { account, network, password: new Secret(password), shared: false, left: 10_000 }
    return this.guard.admit({ ...asking, leaving: new Cancellation(), ...more })
  }

  /**
   * A login. `right` is everybody's password.
   *
   * @returns the status, and how long to wait: `401`, `429 8`
   */
  async login(account: string, password: string, network: string, more?: Partial<Asking>): Promise<string> {
    let attempt: Awaited<ReturnType<Guarded['admit']>>
    try {
      attempt = await this.admit(account, password, network, more)
    } catch (error) {
      if (error instanceof Busy) return '503'
      expect(error).instanceOf(Throttled)
      return `429 ${(error as Throttled).retryAfter}`
    }
    try {
      if (attempt.refusedBy(() => '')) {
        await attempt.failed(false)
        return '401'
      }
      this.asked.push(`${account} ${password}`)
      // The answer takes its time.
      await new Promise(setImmediate)
      if (password === 'right') {
        await attempt.succeeded()
        return '200'
      }
      this.failed.push(this.time)
      attempt.reject('backend', () => '')
      await attempt.failed(true)
      return '401'
    } finally {
      attempt.leave()
    }
  }

  /** Different wrong passwords, one after the other. */
  async guess(account: string, network: string, count: number, from = 0): Promise<string[]> {
    const answers: string[] = []
    for (let nth = from; nth < from + count; nth++)
      answers.push(await this.login(account, `wrong ${nth}`, network))
    return answers
  }
}

describe('the guard', () => {
  let guarded: Guarded
  beforeEach(() => {
    guarded = new Guarded()
  })
  const times = (count: number, answer: string) => Array.from({ length: count }, () => answer)

  it('lets five different wrong passwords of a network for an account pass, then waits 1, 2, 4 ... 60 s', async () => {
    expect(await guarded.guess('ann', 'home', 5)).to.deep.equal(times(5, '401'))
    const waits: string[] = []
    for (let nth = 5; nth < 15; nth++) {
      const told = await guarded.login('ann', `wrong ${nth}`, 'home')
      waits.push(told)
      guarded.time += Number(told.split(' ')[1]) * 1_000
      expect(await guarded.login('ann', `wrong ${nth}`, 'home')).to.equal('401')
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map((s) => `429 ${s}`))
    expect(guarded.asked).to.have.length(15)
  })

  it('tells who waits nothing, not even whether the password was right', async () => {
    await guarded.guess('ann', 'home', 5)
    expect(await guarded.login('ann', 'right', 'home')).to.equal('429 1')
    expect(await guarded.login('ann', 'wrong', 'home')).to.equal('429 1')
    expect(guarded.asked).not.to.include('ann right')
    guarded.time += 1_000
    expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
  })

  it('takes the same wrong password for one, however often it comes', async () => {
    for (let nth = 0; nth < 100; nth++) {
      expect(await guarded.login('ann', 'old', 'home')).to.equal('401')
      guarded.time += 60_000
    }
    expect(await guarded.guess('ann', 'home', 3)).to.deep.equal(times(3, '401'))
    expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
  })

  it('asks no backend about what was rejected a moment ago, and soon again', async () => {
    for (const [at, asked] of [
      [0, 1],
      [4_999, 1],
      [5_000, 2],
      [14_999, 2],
      [15_000, 3],
      [34_999, 3],
      [35_000, 4],
    ] as const) {
      guarded.time = at
      await guarded.login('ann', 'old', 'home')
      expect(guarded.asked, `at ${at}`).to.have.length(asked)
    }
    // Another network's, and another account in another spelling.
    await guarded.login('ann', 'old', 'away')
    expect(guarded.asked).to.have.length(4)
    await guarded.login('Ann', 'old', 'home')
    expect(guarded.asked).to.have.length(5)
  })

  it('begins anew after a success', async () => {
    for (let round = 0; round < 5; round++) {
      await guarded.guess('ann', 'home', 4, round * 4)
      expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
    }
    await guarded.guess('ann', 'home', 5, 100)
    expect(await guarded.login('ann', 'right', 'home')).to.equal('429 1')
  })

  it('counts all spellings of a name as one account', async () => {
    for (const name of ['ann', 'ANN', 'Ann', 'ánn', 'ａｎｎ'])
      await guarded.login(name, `wrong ${name}`, 'home')
    expect(await guarded.login('aNN', 'wrong', 'home')).to.equal('429 1')
  })

  it('keeps accounts and networks apart', async () => {
    await guarded.guess('ann', 'home', 5)
    expect(await guarded.login('ben', 'right', 'home')).to.equal('200')
    expect(await guarded.login('ann', 'right', 'away')).to.equal('200')
    expect(await guarded.login('ann:home', 'right', 'home')).to.equal('200')
  })

  it('lets no more than five of two hundred at once reach the backend', async () => {
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, nth) => guarded.login('ann', `wrong ${nth}`, 'home')),
    )
    expect(guarded.asked).to.have.length(5)
    expect(all.filter((answer) => answer === '401')).to.have.length(5)
    expect(all.filter((answer) => answer === '429 1')).to.have.length(195)
  })

  it('serves two hundred at once with the right password, also beside a wrong one', async () => {
    const all = await Promise.all([
      guarded.login('ann', 'old', 'home'),
      ...Array.from({ length: 200 }, () => guarded.login('ann', 'right', 'home')),
    ])
    expect(all).to.deep.equal(['401', ...times(200, '200')])
  })

  it('lets the right password wait behind wrong ones that have no answer yet, not fail', async () => {
    await guarded.guess('ann', 'home', 3)
    const all = Promise.all([
      guarded.login('ann', 'wrong 3', 'home'),
      guarded.login('ann', 'right', 'home'),
      guarded.login('ann', 'right', 'home'),
    ])
    expect(await all).to.deep.equal(['401', '200', '200'])
  })

  it('tells who waits for room too long, and lets go who leaves', async () => {
    await guarded.guess('ann', 'home', 4)
    const first = await guarded.admit('ann', 'wrong 4', 'home')
    expect(await guarded.login('ann', 'wrong 5', 'home', { left: 1 })).to.equal('503')
    const leaving = new Cancellation()
    const waiting = guarded.admit('ann', 'wrong 6', 'home', { leaving })
    const reason = new Error('gone')
    leaving.cancel(reason)
    expect(await waiting.catch((error) => error)).to.equal(reason)
    const next = guarded.login('ann', 'right', 'home')
    first.leave()
    expect(await next).to.equal('200')
  })

  it('counts nothing of what nobody could answer', async () => {
    for (let nth = 0; nth < 50; nth++) (await guarded.admit('ann', `wrong ${nth}`, 'home')).leave()
    expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
  })

  it('forgets after an hour', async () => {
    await guarded.guess('ann', 'home', 8)
    guarded.time += 3_600_000
    expect(await guarded.guess('ann', 'home', 5, 10)).to.deep.equal(times(5, '401'))
  })

  describe('against one network that tries many accounts', () => {
    const spray = async (count: number, from = 0) => {
      const answers: string[] = []
      for (let nth = from; nth < from + count; nth++)
        answers.push(await guarded.login(`name-${nth}`, 'spring', 'bad'))
      return answers
    }

    it('lets fifty fail in ten minutes', async () => {
      const answers = await spray(200)
      expect(answers.slice(0, 50)).to.deep.equal(times(50, '401'))
      expect(answers.slice(50)).to.deep.equal(times(150, '429 600'))
      guarded.time += 600_000
      expect(await spray(60, 200)).to.deep.equal([...times(50, '401'), ...times(10, '429 600')])
    })

    it('lets no more than fifty of two hundred at once reach the backend', async () => {
      await Promise.all(
        Array.from({ length: 200 }, (_, nth) => guarded.login(`name-${nth}`, 'spring', 'bad')),
      )
      expect(guarded.asked).to.have.length(50)
    })

    it('never counts how often they fail: a robot with an old password is one account', async () => {
      for (let nth = 0; nth < 500; nth++) await guarded.login('robot', 'old', 'bad')
      expect(await guarded.login('ann', 'right', 'bad')).to.equal('200')
    })

    it('does not touch accounts that have logged in from there, nor other networks', async () => {
      expect(await guarded.login('ann', 'right', 'bad')).to.equal('200')
      guarded.time += 29 * DAY
      await spray(60)
      expect(await guarded.login('ann', 'right', 'bad')).to.equal('200')
      expect(await guarded.login('ben', 'right', 'bad')).to.equal('429 600')
      expect(await guarded.login('ben', 'right', 'home')).to.equal('200')
    })

    it('takes back an account that succeeds', async () => {
      await spray(49)
      for (let nth = 0; nth < 49; nth++)
        expect(await guarded.login(`name-${nth}`, 'right', 'bad')).to.equal('200')
      expect(await spray(50, 100)).to.deep.equal(times(50, '401'))
    })

    it('serves three hundred accounts at once with right passwords', async () => {
      const all = await Promise.all(
        Array.from({ length: 300 }, (_, nth) => guarded.login(`name-${nth}`, 'right', 'bad')),
      )
      expect(all).to.deep.equal(times(300, '200'))
    })
  })

  describe('against many networks that try one account', () => {
    const attack = async (networks: number) => {
      for (let nth = 0; nth < networks; nth++) await guarded.guess('ann', `bad-${nth}`, 1)
    }

    it('gives a new network one try, and that always reaches the backend', async () => {
      await attack(25)
      expect(await guarded.login('ann', 'right', 'new runner')).to.equal('200')
      expect(await guarded.guess('ann', 'bad-100', 2)).to.deep.equal(['401', '429 1'])
      expect(
        await Promise.all([0, 1, 2].map((nth) => guarded.login('ann', `wrong ${nth}`, 'bad-101'))),
      ).to.deep.equal(['401', '429 1', '429 1'])
    })

    it('does not touch networks that it has logged in from, for thirty days', async () => {
      expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
      guarded.time += 29 * DAY
      await attack(25)
      expect(await guarded.guess('ann', 'home', 4)).to.deep.equal(times(4, '401'))
      expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
      guarded.time += 31 * DAY
      await attack(25)
      expect(await guarded.guess('ann', 'home', 2)).to.deep.equal(['401', '429 1'])
    })

    it('never locks the account, however many there are', async () => {
      await attack(300)
      for (const network of ['a', 'b', 'c'])
        expect(await guarded.login('ann', 'right', network)).to.equal('200')
      expect(await guarded.guess('ben', 'home', 5)).to.deep.equal(times(5, '401'))
    })
  })

  describe('before a directory that locks accounts', () => {
    const HALF = 1_800_000
    beforeEach(() => {
      guarded = new Guarded({ failures: 5, within: HALF })
    })
    /** The most that a directory has counted which forgets failures when none has come for half an hour. */
    const worst = () => {
      let [most, count] = [0, 0]
      for (const [nth, at] of guarded.failed.entries()) {
        count = at - (guarded.failed[nth - 1] ?? Number.NEGATIVE_INFINITY) < HALF ? count + 1 : 1
        most = Math.max(most, count)
      }
      return most
    }

    it('lets one network cause one failure fewer than locks, then none until they are forgotten', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, nth) => guarded.login('ann', `wrong ${nth}`, 'home')),
      )
      expect(answers.filter((answer) => answer === '401')).to.have.length(4)
      expect(new Set(answers.filter((answer) => answer !== '401'))).to.deep.equal(new Set(['429 1800']))
      expect((await guarded.guard.list({})).pairs).to.deep.equal([
        { account: 'ann', network: 'home', wrong: 4, waits: 1_800 },
      ])
      guarded.time += HALF - 1
      expect(await guarded.login('ann', 'right', 'home')).to.equal('429 1')
      guarded.time += 1
      expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
    })

    for (const pause of [1_000, 59_000, 600_000, HALF - 1, HALF]) {
      it(`never comes to its limit, with a try every ${pause / 1_000} s for days`, async () => {
        for (let nth = 0; nth < 2_000; nth++) {
          await guarded.login('ann', nth % 3 ? `wrong ${nth}` : 'old', 'home')
          guarded.time += pause
        }
        expect(worst()).to.be.within(1, 4)
        expect(guarded.failed.length).to.be.above(4)
      })
    }

    it('asks about the same wrong password once in that time', async () => {
      for (let nth = 0; nth < 100; nth++) {
        expect(await guarded.login('ann', 'old', 'home')).to.equal('401')
        guarded.time += 60_000
      }
      expect(guarded.failed).to.have.length(4)
      expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
    })

    it('begins anew after a success', async () => {
      for (let round = 0; round < 5; round++) {
        expect(await guarded.guess('ann', 'home', 3, round * 3)).to.deep.equal(times(3, '401'))
        expect(await guarded.login('ann', 'right', 'home')).to.equal('200')
      }
    })
  })

  it('turns nobody away behind an address that many share', async () => {
    const shared = { shared: true }
    for (let nth = 0; nth < 60; nth++) {
      expect(await guarded.login(`name-${nth}`, 'wrong', 'proxy', shared)).to.equal('401')
    }
    for (let nth = 0; nth < 5; nth++)
      expect(await guarded.login('ann', `wrong ${nth}`, 'proxy', shared)).to.equal('401')
    let answered = false
    const delayed = guarded.login('ann', 'right', 'proxy', shared).finally(() => {
      answered = true
    })
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    expect(answered).to.equal(false)
    expect(await delayed).to.equal('200')
  })

  it('warns once a minute of each kind', async () => {
    for (let nth = 0; nth < 30; nth++) await guarded.guess(`ann-${nth}`, `bad-${nth}`, 8)
    expect(guarded.warned.map(({ message }) => message)).to.have.length(1)
    guarded.time += 60_000
    await guarded.guess('ben', 'bad', 8)
    expect(guarded.warned).to.have.length(2)
    expect(guarded.warned[1]!.facts).to.deep.equal({
      account: 'ben',
      network: 'bad',
      wrong: 5,
      others_before: 29,
    })
  })

  it('counts what it did, and no name is among that', async () => {
    const guarded = new Guarded()
    expect(guarded.guard.counts()).deep.equal({
      throttled: { account: 0, network: 0 },
      repeated: 0,
      findings: { account_waits: 0, network_waits: 0, account_attacked: 0 },
    })
    // Five reach the backend, the last of them begins the wait, and three are not looked at.
    await guarded.guess('ann', '192.0.2.1', 8)
    await guarded.login('ben', 'wrong', '192.0.2.2')
    await guarded.login('ben', 'wrong', '192.0.2.2')
    for (let nth = 0; nth < ACCOUNTS + 2; nth++) await guarded.login(`one-${nth}`, 'wrong', '192.0.2.3')
    for (let nth = 0; nth < ATTACKING_NETWORKS; nth++)
      await guarded.login('eve', `wrong ${nth}`, `198.51.100.${nth}`)
    expect(guarded.guard.counts()).deep.equal({
      throttled: { account: 3, network: 2 },
      repeated: 1,
      findings: { account_waits: 1, network_waits: 1, account_attacked: 1 },
    })
  })
})
