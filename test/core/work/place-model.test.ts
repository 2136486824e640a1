// What holds for a place whatever comes, in whatever order.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Need, PlaceOptions, Release } from '../../../core/plugin.ts'
import { FairPlace } from '../../../core/work/place.ts'
import { nameWaiter } from '../../../core/work/waiter.ts'

const PATIENCE = 12_000
const settled = () => new Promise((resolve) => setImmediate(resolve))

interface Call {
  readonly network: string
  readonly need: Need
  readonly deadline: number
  readonly gives: AbortController
  state: 'waiting' | 'running' | 'done' | 'refused'
  /** Waits for its turn, as its clock has it. */
  paused: number
  message: string
  release?: Release
}

/** A place, everything that ever came to it, and a clock that the steps turn. */
class World {
  now = 0
  readonly calls: Call[] = []
  /** In the order in which they began. */
  readonly begun: Call[] = []
  readonly place: FairPlace
  readonly #options: PlaceOptions

  constructor(options: Omit<PlaceOptions, 'name'>) {
    this.#options = { name: 'work', ...options }
    this.place = new FairPlace(this.#options, () => this.now)
  }

  in(state: Call['state']): Call[] {
    return this.calls.filter((call) => call.state === state)
  }

  /** @param network '' for the house */
  come(network: string, account: string, need: Need, patience = PATIENCE): Call {
    const gives = new AbortController()
    const deadline = network === '' ? Number.POSITIVE_INFINITY : this.now + patience
    const call: Call = { network, need, deadline, gives, state: 'waiting', paused: 0, message: '' }
    const pause = () => {
      call.paused += 1
    }
    const resume = () => {
      call.paused -= 1
    }
    if (network !== '') nameWaiter(gives.signal, { network, account, deadline, pause, resume })
    this.calls.push(call)
    this.place.take(gives.signal, need).then(
      (release) => {
        expect(call.state).to.equal('waiting')
        Object.assign(call, { state: 'running', release })
        this.begun.push(call)
      },
      ({ message }: Error) => {
        expect(call.state).to.equal('waiting')
        Object.assign(call, { state: 'refused', message })
      },
    )
    return call
  }

  end(call: Call): void {
    call.state = 'done'
    call.release!()
    call.release!()
  }

  assertSound(): void {
    const { size, memory = Number.POSITIVE_INFINITY } = this.#options
    const running = this.in('running')
    expect(running.length).to.be.at.most(size)
    if (running.length > 1) {
      expect(running.reduce((sum, { need }) => sum + need.memory, 0)).to.be.at.most(memory)
    }
    expect(this.place.counts()).to.deep.include({
      running: running.length,
      waiting: this.in('waiting').length,
      begun: this.begun.length,
      late: 0,
    })
    // Whoever could run does not wait.
    if (running.length === 0) expect(this.in('waiting')).to.deep.equal([])
    for (const { network, paused, state } of this.calls) {
      expect(paused).to.equal(network !== '' && state === 'waiting' ? 1 : 0)
    }
  }
}

const need = fc.record({
  units: fc.integer({ min: 1, max: 8 }),
  memory: fc.constantFrom(0, 0, 10, 40, 60, 150),
})
const network = fc.constantFrom('a', 'a', 'a', 'b', 'c', '')
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ come: network, account: fc.constantFrom('x', 'y'), need }) },
  { weight: 3, arbitrary: fc.record({ end: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ leave: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ pass: fc.integer({ max: 9_000, min: 0 }) }) },
)

describe('a place, whatever comes', () => {
  it('keeps its bounds, loses nobody, begins nothing that nobody waits for, and turns each clock on again', async () => {
    const places = fc.record(
      { size: fc.integer({ min: 1, max: 4 }), memory: fc.constant(100), pace: fc.constant(500) },
      { requiredKeys: ['size'] },
    )
    await fc.assert(
      fc.asyncProperty(places, fc.array(step, { maxLength: 60 }), async (options, steps) => {
        const world = new World(options)
        for (const given of steps) {
          if ('come' in given) world.come(given.come, given.account, given.need)
          else if ('pass' in given) world.now += given.pass
          else if ('end' in given) {
            const running = world.in('running')
            if (running.length > 0) world.end(running[given.end % running.length]!)
          } else {
            const { calls, now } = world
            const call = calls[given.leave % Math.max(1, calls.length)]
            call?.gives.abort(new Error('gone'))
            // Also in the turn in which room is given back.
            if (call?.state === 'running' && now % 2 === 0) world.end(call)
          }
          const before = world.begun.length
          await settled()
          for (const { deadline } of world.begun.slice(before)) expect(deadline).to.be.at.least(world.now)
          world.assertSound()
        }
        for (let [call] = world.in('running'); call; [call] = world.in('running')) {
          world.end(call)
          await settled()
          world.assertSound()
        }
        expect(world.in('waiting')).to.deep.equal([])
      }),
    )
  })

  it('lets a newcomer wait for what runs and for one piece of each other network', async () => {
    const arrival = fc.record({ come: network, account: fc.constantFrom('x', 'y', 'z') })
    const steps = fc.array(fc.oneof(arrival, fc.record({ end: fc.nat() })), { minLength: 10, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), steps, steps, async (size, before, after) => {
        const world = new World({ size })
        const play = async (given: (typeof before)[number]) => {
          const running = world.in('running')
          if ('come' in given) world.come(given.come, given.account, { units: 1, memory: 0 })
          else if (running.length > 0) world.end(running[given.end % running.length]!)
          await settled()
        }
        for (const given of before) await play(given)
        const others = new Set(world.in('waiting').map((call) => call.network))
        const newcomer = world.come('new', 'n', { units: 1, memory: 0 })
        const ahead = world.begun.length
        for (const given of after) await play(given)
        const place = world.begun.indexOf(newcomer)
        const overtaken = (place < 0 ? world.begun.length : place) - ahead
        expect(overtaken).to.be.at.most(others.size)
      }),
    )
  })

  it('makes nobody wait in vain when all work is alike, and refuses nobody who could have been served', async () => {
    // Argon2 of 40 in 100, four cores: two at a time.
    const kinds = fc.constantFrom(
      [{ size: 2 }, 0, 2] as const,
      [{ size: 4, memory: 100 }, 40, 2] as const,
      [{ size: 4, memory: 100 }, 60, 1] as const,
      [{ size: 3, memory: 100 }, 120, 1] as const,
      [{ size: 3, memory: 100 }, 10, 3] as const,
    )
    const pauses = fc.array(fc.constantFrom(0, 0, 0, 100, 400, 3_000), { minLength: 30, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(
        kinds,
        fc.integer({ min: 500, max: 3_000 }),
        pauses,
        fc.boolean(),
        async ([options, memory, atOnce], pace, given, alone) => {
          const world = new World({ ...options, pace })
          const ends = new Map<Call, number>()
          const run = async (until: number) => {
            for (;;) {
              for (const call of world.in('running')) if (!ends.has(call)) ends.set(call, world.now + pace)
              const [first] = world.in('running').sort((a, b) => ends.get(a)! - ends.get(b)!)
              if (!first || ends.get(first)! > until) break
              world.now = ends.get(first)!
              world.end(first)
              await settled()
            }
            world.now = until
          }
          for (const [n, pause] of given.entries()) {
            const load = world.in('running').length + world.in('waiting').length
            const call = world.come(alone ? 'a' : `n${n}`, 'x', { units: 1, memory })
            await settled()
            if (call.state === 'refused') expect(((load + 1) * pace) / atOnce).to.be.above(PATIENCE - 1)
            await run(world.now + pause)
          }
          await run(world.now + 2 * PATIENCE)
          expect(world.in('waiting')).to.deep.equal([])
          for (const { message } of world.in('refused')) expect(message).to.contain('the line is too long')
        },
      ),
    )
  })
})
