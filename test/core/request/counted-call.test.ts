// How the calls of plugins are counted.
import { expect } from 'chai'
import type { MaybePromise } from '../../../core/contract/maybe-promise.ts'
import type { CallOutcome } from '../../../core/metrics/calls.ts'
import { Busy } from '../../../core/plugin.ts'
import { counted } from '../../../core/request/counted-call.ts'

type Counted = [call: string, outcome: string]

async function count(ask: () => MaybePromise<string>, cancelled?: Error): Promise<[Counted[], unknown]> {
  const all: Counted[] = []
  const calls = {
    count: (call: string, outcome: string, ms: number) => {
      expect(ms).to.be.at.least(0)
      all.push([call, outcome])
    },
  }
  const metrics = { calls } as never
  const answer = await Promise.resolve(
    counted({ metrics }, { cancelled }, 'authenticate', ask, (said) => said as CallOutcome),
  ).catch((error: unknown) => error)
  return [all, answer]
}

const named = (name: string) => Object.assign(new Error('a fault'), { name })
const GONE = new Error('the client has gone')

describe('a call of a plugin is counted', () => {
  const faults: [what: string, fault: unknown, outcome: CallOutcome][] = [
    ['a line that is too long', new Busy('too long', 1_000), 'busy'],
    ['time that is over', named('TimeoutError'), 'timeout'],
    ['a backend that is down', new Error('connect ECONNREFUSED'), 'unavailable'],
    ['what is no error', 'a text', 'unavailable'],
    ['nothing', undefined, 'unavailable'],
  ]
  for (const [what, fault, outcome] of faults) {
    it(`as ${outcome}: ${what}, which is thrown on`, async () => {
      const [all, thrown] = await count(() => Promise.reject(fault))
      expect(all).to.deep.equal([['authenticate', outcome]])
      expect(thrown).to.equal(fault)
    })
  }

  it('as cancelled, whatever it throws, when nobody waits any more', async () => {
    const [all] = await count(() => Promise.reject(named('TimeoutError')), GONE)
    expect(all).to.deep.equal([['authenticate', 'cancelled']])
  })

  it('by its answer, which is handed on', async () => {
    expect(await count(async () => 'reject')).to.deep.equal([[['authenticate', 'reject']], 'reject'])
  })

  it('by an answer that is there at once, and by what is thrown at once', async () => {
    expect(await count(() => 'pass')).to.deep.equal([[['authenticate', 'pass']], 'pass'])
    const fault = new Busy('too long', 1_000)
    const thrown = () => {
      throw fault
    }
    expect(await count(thrown)).to.deep.equal([[['authenticate', 'busy']], fault])
  })

  it('not at all where nobody measures', async () => {
    const asked = counted(
      {},
      { cancelled: undefined },
      'label',
      async () => 'labels',
      () => {
        throw new Error('nobody may ask for the outcome')
      },
    )
    expect(await asked).to.equal('labels')
  })
})
