import { expect } from 'chai'
import { Busy, type Need, type Release } from '../../../core/plugin.ts'
import { FairPlace } from '../../../core/work/place.ts'
import { nameWaiter } from '../../../core/work/waiter.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A place with a clock in the test's hands, and calls that wait at it. */
class Drill {
  now = 0
  readonly place: FairPlace
  readonly begun: string[] = []
  readonly refused: string[] = []
  readonly clocks: string[] = []
  readonly #running = new Map<string, Release>()

  constructor(size: number, memory?: number, pace?: number) {
    const given = { name: 'hashes', size, ...(memory && { memory }), ...(pace && { pace }) }
    this.place = new FairPlace(given, () => this.now)
  }

  get refusedNames(): string[] {
    return this.refused.map((text) => text.split(':')[0]!)
  }

  /** A call that has 12 s from now. @returns what makes its client go away */
  async call(
    name: string,
    given: { network?: string; account?: string; need?: Need } = {},
  ): Promise<() => void> {
    const { network = '192.0.2.1', account = name, need } = given
    const controller = new AbortController()
    nameWaiter(controller.signal, {
      network,
      account,
      deadline: this.now + 12_000,
      pause: () => this.clocks.push(`${name} paused`),
      resume: () => this.clocks.push(`${name} resumed`),
    })
    this.place.take(controller.signal, need).then(
      (release) => {
        this.begun.push(name)
        this.#running.set(name, release)
      },
      (error: Error) => this.refused.push(`${name}: ${error.message}`),
    )
    await settled()
    return () => controller.abort(new Error('gone'))
  }

  /** Does some work, so that the place knows how long it takes. */
  async learn(ms: number): Promise<void> {
    for (const name of ['one', 'two', 'three', 'four']) {
      await this.call(name)
      await this.end(name, ms)
    }
  }

  /** Ends a piece of work after so many milliseconds. */
  async end(name: string, after = 0): Promise<void> {
    this.now += after
    this.#running.get(name)!()
    await settled()
  }
}

describe('a place', () => {
  it('does as much at once as it has room for, and the next when one has ended', async () => {
    const drill = new Drill(2)
    for (const name of ['a', 'b', 'c']) await drill.call(name)
    expect(drill.begun).to.deep.equal(['a', 'b'])
    await drill.end('a', 10)
    expect(drill.begun).to.deep.equal(['a', 'b', 'c'])
    expect(drill.place.counts()).to.deep.equal({
      name: 'hashes',
      size: 2,
      running: 2,
      waiting: 0,
      begun: 3,
      refused: 0,
      left: 0,
      late: 0,
      waited: 10,
      worked: 10,
    })
  })

  it('adds up how long work has taken, and how long whoever began, left or was refused has waited', async () => {
    const drill = new Drill(1)
    await drill.call('a')
    await drill.call('b')
    const leave = await drill.call('c')
    drill.now += 5
    leave()
    await settled()
    expect(drill.place.counts()).to.include({ waited: 5, worked: 0, left: 1 })
    await drill.end('a', 2)
    expect(drill.place.counts()).to.include({ waited: 12, worked: 7 })
    await drill.call('d')
    drill.now += 3
    drill.place.close()
    await settled()
    expect(drill.place.counts()).to.include({ waited: 15, refused: 1 })
    await drill.end('b')
    expect(drill.place.counts()).to.include({ waited: 15, worked: 10, running: 0 })
  })

  for (const none of [undefined, null, {}, { signal: AbortSignal.timeout(1_000) }]) {
    it(`says what is missing to a plugin that hands on no signal: ${JSON.stringify(none)}`, async () => {
      const { place } = new Drill(1)
      const refusal = await place.take(none as never).catch((error: Error) => error)
      expect(refusal).to.be.instanceOf(TypeError).with.property('message').that.includes('request.signal')
      expect(await place.run(AbortSignal.timeout(1_000), async () => 'room')).to.equal('room')
    })
  }

  it('stops the clock of whoever waits, and of nobody else', async () => {
    const drill = new Drill(1)
    for (const name of ['a', 'b']) await drill.call(name)
    expect(drill.clocks).to.deep.equal(['b paused'])
    await drill.end('a')
    expect(drill.clocks).to.deep.equal(['b paused', 'b resumed'])
  })

  it('begins nothing that nobody waits for any more', async () => {
    const drill = new Drill(1)
    await drill.call('a')
    const leave = await drill.call('b')
    await drill.call('c')
    leave()
    await drill.end('a')
    expect(drill.begun).to.deep.equal(['a', 'c'])
    expect(drill.refused).to.deep.equal(['b: hashes: no turn in time, the one place stayed busy'])
    expect(drill.place.counts()).to.include({ left: 1, refused: 0 })
  })

  it('begins nothing whose time is over, also when no timer could tell it', async () => {
    const drill = new Drill(1)
    await drill.call('a')
    await drill.call('b')
    await drill.end('a', 12_001)
    expect(drill.begun).to.deep.equal(['a'])
    expect(drill.refused).to.deep.equal(['b: hashes: no turn in time, the one place stayed busy'])
    expect(drill.place.counts()).to.include({ running: 0, waiting: 0, refused: 1, late: 0 })
  })

  it('does not begin what comes when its time is over, also when no timer could tell it', async () => {
    const drill = new Drill(1)
    drill.now = 1
    const { signal } = new AbortController()
    nameWaiter(signal, { network: 'n', account: 'a', deadline: 0, pause() {}, resume() {} })
    const error = await drill.place.take(signal).catch((reason: Error) => reason)
    expect(error).to.be.an('error')
    expect(drill.place.counts()).to.include({ begun: 0, running: 0, waiting: 0, late: 0 })
  })

  it('refuses clients also when most of what waits is its own, and counts that', async () => {
    const drill = new Drill(1)
    await drill.learn(1_000)
    const own: Promise<Release>[] = []
    for (let n = 0; n < 8; n++) own.push(drill.place.take(new AbortController().signal))
    for (let n = 1; n <= 6; n++) await drill.call(`job ${n}`)
    expect(drill.refusedNames).to.deep.equal(['job 5', 'job 6'])
    expect(drill.place.counts()).to.include({ running: 1, waiting: 11 })
  })

  it('does not begin what was given up before it came', async () => {
    const drill = new Drill(1)
    const error = await drill.place.take(AbortSignal.abort()).catch((reason: Error) => reason)
    expect(error).to.be.an('error')
    expect(drill.place.counts()).to.include({ begun: 0, running: 0 })
  })

  it('lets one network fill the line with what can be served in time, and refuses the rest as it comes', async () => {
    const drill = new Drill(2)
    await drill.learn(1_000)
    // Two at once, a second each: 24 in 12 s.
    for (let n = 1; n <= 30; n++) await drill.call(`job ${n}`)
    expect(drill.place.counts()).to.include({ running: 2, waiting: 22, refused: 6 })
    expect(drill.refusedNames).to.deep.equal([25, 26, 27, 28, 29, 30].map((n) => `job ${n}`))
    expect(drill.refused[0]).to.match(
      /hashes: the line is too long: 23 wait for 2 places, which takes 12.5 s$/,
    )
  })

  it('takes from who has most waiting when another network comes, and serves that one next', async () => {
    const drill = new Drill(1)
    await drill.learn(1_000)
    for (let n = 1; n <= 12; n++) await drill.call(`job ${n}`)
    expect(drill.place.counts()).to.include({ running: 1, waiting: 11, refused: 0 })
    await drill.call('alice', { network: '198.51.100.7' })
    expect(drill.refusedNames).to.deep.equal(['job 12'])
    await drill.end('job 1')
    expect(drill.begun.slice(-2)).to.deep.equal(['job 1', 'alice'])
  })

  it('serves who shows the right password before a hundred who guess one account from a hundred networks', async () => {
    const drill = new Drill(1)
    await drill.learn(100)
    for (let n = 1; n <= 100; n++) await drill.call(`guess ${n}`, { network: `n${n}`, account: 'admin' })
    await drill.end('guess 1', 100)
    await drill.call('alice', { network: 'home' })
    await drill.end('guess 2', 100)
    expect(drill.begun.at(-1)).to.equal('alice')
    expect(drill.refusedNames).to.not.include('alice')
  })

  it('takes from those who guess one account, when the line is full, and not from who comes', async () => {
    const drill = new Drill(1)
    await drill.learn(1_000)
    for (let n = 1; n <= 12; n++) await drill.call(`guess ${n}`, { network: `n${n}`, account: 'admin' })
    await drill.call('alice', { network: 'home' })
    expect(drill.refusedNames).to.deep.equal(['guess 12'])
  })

  it('takes who was refused a moment ago before who comes for the first time', async () => {
    const drill = new Drill(1)
    await drill.learn(1_000)
    for (let n = 1; n <= 13; n++) await drill.call(`bot ${n}`, { network: `n${n}` })
    expect(drill.refusedNames).to.deep.equal(['bot 13'])
    await drill.end('bot 1', 1_000)
    await drill.call('bot 13', { network: 'n13' })
    await drill.call('alice', { network: 'home' })
    expect(drill.refusedNames).to.deep.equal(['bot 13', 'bot 13'])
  })

  it('holds against nobody what was done for who is right', async () => {
    const drill = new Drill(1)
    const right = { units: 1, memory: 0, blameless: () => true }
    for (let n = 1; n <= 5; n++) {
      await drill.call(`right ${n}`, { network: 'office', need: right })
      await drill.end(`right ${n}`, 10)
    }
    await drill.call('wrong', { network: 'elsewhere' })
    await drill.end('wrong', 10)
    await drill.call('runs', { network: 'third' })
    await drill.call('again wrong', { network: 'elsewhere' })
    await drill.call('right 6', { network: 'office' })
    await drill.end('runs', 10)
    expect(drill.begun.at(-1)).to.equal('right 6')
  })

  it('shortens the line when work turns out to be slower', async () => {
    const drill = new Drill(1)
    for (let n = 1; n <= 10; n++) await drill.call(`job ${n}`)
    await drill.end('job 1', 1_500)
    expect(drill.place.counts()).to.include({ running: 1, waiting: 8, refused: 0 })
    await drill.end('job 2', 1_500)
    // 9 s are left for what runs and waits: six of one and a half.
    expect(drill.place.counts()).to.include({ running: 1, waiting: 5, refused: 2, late: 0 })
  })

  it('refuses a long line in many turns of the event loop, and nobody is forgotten', async () => {
    const drill = new Drill(1)
    for (let n = 0; n < 4; n++) {
      await drill.call(`first ${n}`)
      await drill.end(`first ${n}`)
    }
    await drill.call('slow')
    for (let n = 1; n <= 200; n++) await drill.call(`job ${n}`, { network: `network ${n}` })
    await drill.end('slow', 20_000 / 32)
    const atOnce = drill.refused.length
    for (let turn = 0; turn < 20; turn++) await settled()
    expect(atOnce).to.be.within(1, 64)
    expect(drill.refused.length).to.be.above(100)
  })

  it('counts what runs for long already, before the first has ended', async () => {
    const drill = new Drill(1)
    await drill.call('hangs')
    drill.now = 5_000
    await drill.call('a')
    await drill.call('b')
    expect(drill.refusedNames).to.deep.equal(['b'])
  })

  it('loses no more than its part of the room to one that hangs', async () => {
    const drill = new Drill(4)
    await drill.learn(100)
    await drill.call('hangs')
    drill.now = 3_600_000
    for (let n = 1; n <= 100; n++) await drill.call(`job ${n}`)
    for (let n = 1; n <= 100; n++) await drill.end(`job ${n}`, 33)
    expect(drill.refusedNames).to.deep.equal([])
    expect(drill.place.counts()).to.include({ running: 1, waiting: 0 })
  })

  it('goes by the time that the work says it took, not by when its end was noticed', async () => {
    const drill = new Drill(1)
    for (const name of ['a', 'b']) {
      await drill.call(name, { need: { units: 1, memory: 0, took: () => 1_000 } })
      await drill.end(name, 1_900)
    }
    for (let n = 1; n <= 12; n++) await drill.call(`job ${n}`)
    expect(drill.refusedNames).to.deep.equal([])
    await drill.call('job 13')
    expect(drill.refusedNames).to.deep.equal(['job 13'])
  })

  it('goes by what it was told as long as it knows nothing', async () => {
    const drill = new Drill(1, undefined, 3_000)
    for (let n = 1; n <= 5; n++) await drill.call(`job ${n}`)
    expect(drill.refusedNames).to.deep.equal(['job 5'])
  })

  it('knows that dear work takes longer', async () => {
    const drill = new Drill(1)
    await drill.learn(1_000)
    await drill.call('cheap')
    await drill.call('dear', { need: { units: 12, memory: 0 } })
    expect(drill.refusedNames).to.deep.equal(['dear'])
  })

  it('gives out no more memory than there is, and to each in turn', async () => {
    const drill = new Drill(4, 100)
    const of = (memory: number) => ({ need: { units: 1, memory } })
    await drill.call('a', of(60))
    await drill.call('b', of(60))
    await drill.call('c', of(10))
    expect(drill.begun).to.deep.equal(['a'])
    await drill.end('a', 10)
    expect(drill.begun).to.deep.equal(['a', 'b', 'c'])
  })

  it('tells how long to wait before asking again', async () => {
    const drill = new Drill(1)
    await drill.learn(20_000)
    await drill.call('runs')
    const { signal } = new AbortController()
    nameWaiter(signal, { network: 'n', account: 'a', deadline: drill.now + 12_000, pause() {}, resume() {} })
    const error = (await drill.place.take(signal).catch((reason: unknown) => reason)) as Busy
    expect(error).to.be.instanceOf(Busy)
    expect(error.retryAfter).to.equal(30)
  })

  it('refuses whoever waits when it closes, and lets begun work end', async () => {
    const drill = new Drill(1)
    await drill.call('a')
    await drill.call('b')
    drill.place.close()
    await drill.call('c')
    expect(drill.refused).to.deep.equal([
      'b: hashes: the server is stopping',
      'c: hashes: the server is stopping',
    ])
    await drill.end('a')
    expect(drill.place.counts()).to.include({ running: 0, waiting: 0 })
  })
})
