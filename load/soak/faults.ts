// What goes wrong in a soak, one after the other, drawn from the seed: each fault has a part that it hits, and a time.
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** What a request may need. A fault in something else is no excuse. */
export type Part = 'embedded' | 'shared-1' | 'shared-2' | 'disk' | 'redis' | 'slapd' | 'postgres'

/** Something that goes wrong, and gets well. */
interface Fault {
  readonly name: string
  readonly part: Part
  begin(): unknown
  end(): unknown
}

/** A fault that was, or is. Times are milliseconds since the epoch. */
interface Past {
  readonly part: Part
  readonly from: number
  until: number
}

/** After the end of a fault, so long may its part still fail: connections are made again, servers start. */
const GRACE = 10_000

export class Faults {
  readonly #random: Random
  readonly #kinds: readonly Fault[]
  readonly #past: Past[] = []
  readonly #say: (text: string) => void

  constructor(world: World, random: Random, say: (text: string) => void) {
    this.#random = random
    this.#kinds = faultsOf(world, random)
    this.#say = say
  }

  /** How many there were. */
  get count(): number {
    return this.#past.length
  }

  /** Lets things go wrong until the time is over. @param until milliseconds since the epoch */
  async run(until: number): Promise<void> {
    const began = Date.now()
    while (Date.now() < until) {
      await delay(2_000 + this.#random.below(8_000))
      const fault = this.#random.of(this.#kinds)
      const length = 500 + this.#random.below(6_000)
      const past: Past = { part: fault.part, from: Date.now(), until: Number.POSITIVE_INFINITY }
      this.#past.push(past)
      await fault.begin()
      await delay(length)
      await fault.end()
      past.until = Date.now()
      const seconds = ((past.from - began) / 1_000).toFixed(0)
      this.#say(`${seconds} s: ${fault.name} for ${((past.until - past.from) / 1_000).toFixed(1)} s`)
    }
  }

  /** Whether something that a request needed went wrong at its time. */
  explain(needs: readonly Part[], from: number, until: number): boolean {
    return this.#past.some(
      (past) => needs.includes(past.part) && from <= past.until + GRACE && until >= past.from,
    )
  }
}

function faultsOf({ nodes, disk, clock, redis, slapd, postgres }: World, random: Random): Fault[] {
  const [embedded, first] = nodes
  const killed = [embedded, first].map(
    (node): Fault => ({
      name: `kill -9 of ${node.name}`,
      part: node.name,
      begin: () => node.kill(),
      end: () => node.start(),
    }),
  )
  const pausedNodes = nodes.map(
    (node): Fault => ({
      name: `${node.name} paused`,
      part: node.name,
      begin: () => node.pause(),
      end: () => node.resume(),
    }),
  )
  const backends = (
    [
      ['redis', redis],
      ['slapd', slapd],
      ['postgres', postgres],
    ] as const
  ).flatMap(([part, server]): Fault[] => [
    { name: `${part} paused`, part, begin: () => server.pause(), end: () => server.resume() },
    {
      name: `${part} ended`,
      part,
      begin: () => ('command' in server ? server.halt('SIGKILL') : server.halt()),
      end: () => server.start(),
    },
  ])
  const full = disk && { name: 'the disk full', part: 'disk' as const, begin: disk.fill, end: disk.empty }
  const step = clock && {
    name: 'a clock that steps',
    part: 'embedded' as const,
    begin: () => clock.set(random.of([-3_600, -60, 60, 3_600])),
    end: () => clock.set(0),
  }
  return [...killed, ...pausedNodes, ...backends, ...[full, step].filter((fault) => fault !== undefined)]
}
