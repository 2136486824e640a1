// The guard that workers ask: one for all of them, over a channel.
import { expect } from 'chai'
import { Secret } from '../../../../core/plugin.ts'
import { guardSeat, RemoteGate } from '../../../../core/server/workers/remote-guard.ts'
import { TOLD } from '../../../../core/server/workers/terms.ts'
import { Wire } from '../../../../core/server/workers/wire.ts'
import { Cancellation } from '../../../../core/work/cancellation.ts'
import { Throttled } from '../../../../core/work/guard/gate.ts'
import { Guard } from '../../../../core/work/guard/guard.ts'
import { KnownNetworks } from '../../../../core/work/guard/known-networks.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

describe('the guard of several workers', () => {
  let guard: Guard
  let gates: RemoteGate[]
  let leave: (() => void)[]
  let asked: number

  /** Both ends of a channel that is read as JSON. */
  function worker(): RemoteGate {
    const seat = guardSeat(guard, (pair) => {
      for (const gate of gates) gate.suspect(pair)
    })
    leave.push(seat.leave)
    const over = (to: () => Wire) => (message: object) => to().take(JSON.parse(JSON.stringify(message)))
    const there: Wire = new Wire(
      over(() => here),
      seat.verbs,
    )
    const here: Wire = new Wire(
      (message) => {
        asked += 1
        over(() => there)(message)
      },
      { [TOLD.suspect]: () => {} },
    )
    return new RemoteGate(here)
  }

  beforeEach(() => {
    guard = new Guard({ known: new KnownNetworks(() => Date.now(), undefined), log: QUIET })
    leave = []
    asked = 0
    gates = []
    gates = [worker(), worker()]
  })

  const asking = (password: string, account = 'ann') => ({
    account,
    network: '192.0.2.1',
    password: new Secret(password),
    shared: false,
    leaving: new Cancellation(),
    left: 5_000,
  })
  async function tries(gate: number, password: string, ends: 'failed' | 'succeeded'): Promise<string> {
    try {
      const attempt = await gates[gate]!.admit(asking(password))
      if (ends === 'failed') await attempt.failed(true)
      else await attempt.succeeded()
      attempt.leave()
      return ends
    } catch (error) {
      return error instanceof Throttled ? 'throttled' : String(error)
    }
  }

  it('counts wrong passwords of all of them', async () => {
    const ends: string[] = []
    for (let round = 0; round < 6; round++) ends.push(await tries(round % 2, `wrong ${round}`, 'failed'))
    expect(ends).to.deep.equal([...Array(5).fill('failed'), 'throttled'])
  })

  it('counts those of all that are being tried, and lets nobody wait for a worker that has ended', async () => {
    const under = await Promise.all(
      [0, 1, 0, 1, 0].map((gate, index) => gates[gate]!.admit(asking(`p${index}`))),
    )
    let admitted = false
    const sixth = gates[1]!.admit(asking('p5')).then((attempt) => {
      admitted = true
      return attempt
    })
    await under[1]!.failed(true)
    expect(admitted).to.equal(false)
    leave[0]!()
    await sixth
  })

  it('is not asked again about what was right a moment ago, until a password is wrong', async () => {
    expect(await tries(0, 'right', 'succeeded')).to.equal('succeeded')
    const before = asked
    expect(await tries(0, 'right', 'succeeded')).to.equal('succeeded')
    expect(asked).to.equal(before)
    for (let round = 0; round < 5; round++) await tries(1, `wrong ${round}`, 'failed')
    expect(await tries(0, 'right', 'succeeded')).to.equal('throttled')
  })

  it('counts what was right a moment ago, and is wrong now', async () => {
    await tries(0, 'right', 'succeeded')
    expect(await tries(0, 'right', 'failed')).to.equal('failed')
    for (let round = 0; round < 4; round++) await tries(1, `wrong ${round}`, 'failed')
    expect(await tries(1, 'another', 'failed')).to.equal('throttled')
  })

  it('gives back what nobody waits for any more', async () => {
    await Promise.all([0, 1, 2, 3, 4].map((index) => gates[0]!.admit(asking(`p${index}`))))
    const leaving = new Cancellation()
    const gone = gates[1]!.admit({ ...asking('p5'), leaving }).catch((error: Error) => error.message)
    leaving.cancel(new Error('the client has gone'))
    expect(await gone).to.equal('the client has gone')
    leave[0]!()
    const attempts = await Promise.all([0, 1, 2, 3, 4].map((index) => gates[1]!.admit(asking(`q${index}`))))
    expect(attempts).to.have.length(5)
  })

  it('forgets what a command clears', async () => {
    await tries(0, 'right', 'succeeded')
    const before = asked
    gates[0]!.clear('ANN')
    await tries(0, 'right', 'succeeded')
    expect(asked).to.be.greaterThan(before)
  })
})
