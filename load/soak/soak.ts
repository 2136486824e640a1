// Ten minutes of faults at random, under load: no wrong decision, nothing lost that was acknowledged, nothing that grows.
import { setTimeout as delay } from 'node:timers/promises'
import type { Drill, Scenario } from '../drill.ts'
import type { ProcessFigures } from '../process-figures.ts'
import { Customers } from './customers.ts'
import { Faults } from './faults.ts'
import { randomOf } from './random.ts'
import { startWorld } from './world.ts'

const SAMPLE_EVERY = 15_000
/** After the last fault, before everything that was given is used. */
const SETTLED = 15_000
/** A server's first minute: what it needs is loaded, compiled, connected. */
const WARM = 60_000
const MOST_MORE_MEMORY = 64
const MOST_MORE_DESCRIPTORS = 20
const STOP_LIMIT = 15_000

async function soak(drill: Drill): Promise<void> {
  const { minutes, seed } = drill.wishes
  drill.say('seed', `${seed}, ${minutes} minutes; again with --seed ${seed}`)
  const world = await startWorld(drill)
  // Faults come from the seed alone; how far the clients get depends on the machine.
  const faults = new Faults(world, randomOf(seed), (text) => drill.say('fault', text))
  const customers = new Customers(world, faults, randomOf(seed + 1))
  const until = Date.now() + minutes * 60_000
  const steady = world.nodes[2]
  const samples: (ProcessFigures & { at: number })[] = []
  const began = Date.now()
  const sample = () => {
    samples.push({ ...steady.figures(), at: Date.now() - began })
    const { memory, descriptors } = samples.at(-1)!
    const counts = [...customers.ledger.counts].sort().map(([kind, count]) => `${kind}: ${count}`)
    drill.say('series', `${memory} MiB, ${descriptors} descriptors; ${counts.join(', ')}`)
  }
  const sampling = setInterval(sample, SAMPLE_EVERY)
  try {
    await Promise.all([faults.run(until), customers.run(until)])
  } finally {
    clearInterval(sampling)
  }
  await delay(SETTLED)
  sample()

  const { wrong, unexplained, held } = customers.ledger
  const lost = await customers.redeemAll()
  drill.must(
    `no wrong decision in ${faults.count} faults`,
    wrong.length === 0,
    wrong.slice(0, 5).join('; ') || 'none',
  )
  drill.must(
    'no failure that no fault explains',
    unexplained.length === 0,
    unexplained.length === 0 ? 'none' : `${unexplained.length}: ${unexplained.slice(0, 5).join('; ')}`,
  )
  drill.must(
    `each of ${held.length} refresh tokens that were given is good`,
    lost.length === 0,
    lost.length === 0 ? 'all' : `${lost.length} lost: ${lost.slice(0, 5).join('; ')}`,
  )
  mustBeFlat(drill, samples)
  const stops = await Promise.all(world.nodes.map((node) => node.stop()))
  drill.must(
    'SIGTERM ends all servers in time',
    Math.max(...stops) < STOP_LIMIT,
    `${Math.round(Math.max(...stops))} ms`,
  )
}

/** Judges the server that was never killed, from its first warm sample to its last. */
function mustBeFlat(drill: Drill, samples: readonly (ProcessFigures & { at: number })[]): void {
  const warm = samples.find(({ at }) => at >= WARM) ?? samples[0]!
  const last = samples.at(-1)!
  const more = (one: 'memory' | 'descriptors') => last[one] - warm[one]
  drill.must('memory is flat', more('memory') < MOST_MORE_MEMORY, `${warm.memory} to ${last.memory} MiB`)
  drill.must(
    'descriptors are flat',
    more('descriptors') < MOST_MORE_DESCRIPTORS,
    `${warm.descriptors} to ${last.descriptors}`,
  )
}

export const SOAK: Scenario = {
  name: 'soak',
  about: 'faults at random under load: servers and backends killed and paused, a full disk, clock steps',
  ownOnly: true,
  onDemand: true,
  run: soak,
}
