// Measures the groups of subjects: all servers of a group run, and take turns under load.
import { freePort } from '../../test/support/free-port.ts'
import { type Place, writeDockerAuth } from '../files.ts'
import { type Cost, load, type Requests } from '../load.ts'
import { median } from '../median.ts'
import type { Measured } from '../process.ts'
import { type Command, otherCommand, ownCommand, startServer, stop } from '../servers.ts'
import { SAME, type Subject, type SubjectName, VARIED } from './subjects.ts'

/** Whose servers are measured. */
export type Who = 'ours' | 'other'

/** How it is measured. */
export interface Manner {
  /** The command of the other server. */
  readonly against: string | undefined
  readonly rounds: number
  /** Of load in a round. */
  readonly seconds: number
  readonly folder: string
  /** Hears what is done. */
  readonly say: (text: string) => void
}

/** Medians of what a subject's server cost, of either. */
export class Costs {
  readonly #costs = new Map<string, Cost[]>()

  add(who: Who, name: SubjectName, again: boolean, cost: Cost): void {
    const key = keyOf(who, name, again)
    this.#costs.set(key, [...(this.#costs.get(key) ?? []), cost])
  }

  /** @returns undefined for what was not measured */
  of(who: Who, name: SubjectName, again = false): Cost | undefined {
    const all = this.#costs.get(keyOf(who, name, again))
    if (!all) return undefined
    const middle = (what: keyof Cost) => median(all.map((cost) => cost[what]))
    return { cpu: middle('cpu'), perSecond: middle('perSecond'), memory: middle('memory') }
  }
}

function keyOf(who: Who, name: SubjectName, again: boolean): string {
  return `${who} ${name} ${again}`
}

interface Running {
  readonly who: Who
  readonly subject: Subject
  readonly server: Measured
}

/** Which servers there are. */
export function whoIn({ against }: Pick<Manner, 'against'>): readonly Who[] {
  return against === undefined ? ['ours'] : ['ours', 'other']
}

/** Starts one of the servers with a file. */
export async function startOn(
  who: Who,
  { against }: Pick<Manner, 'against'>,
  write: (address: string) => Promise<string>,
  path: string,
): ReturnType<typeof startServer> {
  const address = `127.0.0.1:${await freePort()}`
  const file = await write(address)
  const command: Command = who === 'ours' ? ownCommand('serve', file) : otherCommand(against!, file, address)
  return await startServer(command, address, path, `${file}.state`)
}

/** Measures one group, and adds what it cost. */
export async function measureGroup(group: readonly Subject[], manner: Manner, costs: Costs): Promise<void> {
  const running: Running[] = []
  try {
    for (const subject of group) {
      for (const who of whoIn(manner)) {
        manner.say(`${subject.name}: starts ${who}`)
        running.push({ who, subject, server: await startSubject(who, subject, manner) })
      }
    }
    const turns = running.flatMap((one) =>
      (one.subject.again ? [false, true] : [false]).map((again) => ({ ...one, again })),
    )
    for (const { server, again } of turns) await load(server, requestsOf(again), manner.seconds / 2)
    for (let round = 1; round <= manner.rounds; round++) {
      manner.say(`round ${round} of ${manner.rounds}: ${group.map(({ name }) => name).join(', ')}`)
      for (const { who, subject, server, again } of turns)
        costs.add(who, subject.name, again, await load(server, requestsOf(again), manner.seconds))
    }
  } finally {
    await Promise.all(running.map(({ server }) => stop(server)))
  }
}

function startSubject(who: Who, { name, key, rules, server }: Subject, manner: Manner): Promise<Measured> {
  const write = (address: string) => {
    const place: Place = { folder: manner.folder, name: `${who}-${name.replaceAll(/\W+/g, '-')}`, address }
    return writeDockerAuth(place, key, rules(), { server })
  }
  return startOn(who, manner, write, SAME.path)
}

function requestsOf(again: boolean): Requests {
  return again ? SAME : VARIED
}
