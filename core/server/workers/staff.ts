// The processes that answer in the place of this one: this one listens, watches files, counts wrong passwords, and is asked by commands and
// by Prometheus; workers do the rest, each with the same configuration.
import type { DependencyContainer } from 'tsyringe'
import type { FileContents } from '../../kit/file-record.ts'
import type { LogLevel } from '../../kit/log-levels.ts'
import { CLOCK } from '../../kit/process.ts'
import { packageVersion } from '../../kit/version.ts'
import type { MetricsJson } from '../../metrics/added-up.ts'
import type { Log } from '../../plugin.ts'
import type { StoreWriter } from '../../store/embedded-writer.ts'
import { GUARD } from '../../work/guard/gate.ts'
import { ConfigError, type Problem } from '../../yaml/problems.ts'
import { challengesOf } from '../acme.ts'
import type { Generation, Lasting } from '../generation.ts'
import type { Listener, Patience } from '../listener.ts'
import type { ListenAt } from '../port.ts'
import type { OtherProcesses } from '../reload.ts'
import type { WorkerStatus } from '../reload-verb.ts'
import type { FollowedBy } from '../renewal.ts'
import { Crew } from './crew.ts'
import { openDoor } from './door.ts'
import { Gathered } from './gathered.ts'
import type { Member } from './member.ts'
import { guardSeat } from './remote-guard.ts'
import { writerVerbs } from './remote-writer.ts'
import { ASKED, type Prepared, sent, TOLD } from './terms.ts'

/** What workers are begun with. */
export interface StaffPlan {
  readonly size: number
  /** The script that they run. */
  readonly script: string
  readonly level: LogLevel
  /** What the configuration's files held when they were read. */
  readonly files: FileContents
  /** Is told when no worker can begin any more. */
  readonly hopeless: (error: Error) => void
}

/** What is needed of the server that is started. */
export interface StaffParts {
  readonly log: Log
  readonly lasting: Pick<Lasting, 'spent'>
  readonly patience: Partial<Patience>
  current(): Generation
}

/** The workers of a server. */
export interface Staff extends OtherProcesses, FollowedBy {
  /** Starts to listen, and has workers answer. @throws Error when an address can't be had, or a worker can't begin */
  listen(at: readonly ListenAt[]): Promise<Listener>
  /** Forgets the proved passwords of an account, or of all. @returns how many */
  forget(account?: string): Promise<number>
  /** What all of them have measured, those that have ended too. */
  metrics(): Promise<readonly MetricsJson[]>
  /** Those that take connections. */
  readonly members: readonly WorkerStatus[]
}

const DRAIN_MS = 15_000
/** Of a worker that gives no answer until then, what it has said last is shown, in milliseconds. */
const SCRAPE_MS = 3_000
/** Of this process, whatever stands on the disk by now. */
const RELEASE = packageVersion()

export async function createStaff(
  plan: StaffPlan,
  { log, lasting, patience, current }: StaffParts,
): Promise<Staff> {
  const writer = await writerOf(current())
  const first = sent(plan.files)
  let files = first
  let prepared: readonly Member[] = []
  const container = (): DependencyContainer => current().services.container

  const gathered = new Gathered()
  const crew = new Crew({
    size: plan.size,
    script: plan.script,
    log,
    hopeless: plan.hopeless,
    left: (member) => gathered.leave(member),
    terms: () => {
      const { config, services } = current()
      return {
        release: RELEASE,
        level: plan.level,
        file: config.file,
        first,
        files,
        caPath: services.keys.caPath ?? null,
        kids: kidsOf(current()),
        challenges: challengesOf(services).shown,
        patience,
      }
    },
    seat() {
      const guard = guardSeat(container().resolve(GUARD), (pair) => {
        for (const { wire } of crew.ready) wire.tell(TOLD.suspect, pair)
      })
      const verbs = {
        ...guard.verbs,
        ...(writer && writerVerbs(writer)),
        [ASKED.spend]: (state: string) => lasting.spent.spend(state),
      }
      return { verbs, leave: guard.leave }
    },
  })

  /** Whoever could not do it begins anew. */
  async function all(verb: string, args: unknown = null, members = crew.ready): Promise<void> {
    for (const { member, error } of await crew.ask(verb, args, { members })) {
      if (!error) continue
      log.warn({ worker: member.number }, `a worker begins anew: ${error.message}`)
      crew.renew(member)
    }
  }

  async function allPrepared(verb: string): Promise<void> {
    const members = prepared.filter((member) => member.ready)
    prepared = []
    await all(verb, null, members)
  }
  const abandon = () => allPrepared(TOLD.abandon)

  return {
    async listen(at) {
      const door = await openDoor(at, (index, carrier) => crew.give(index, carrier), log)
      const { bound } = door
      challengesOf(current().services).onChange(async (challenges) => {
        crew.changed()
        await all(TOLD.challenges, challenges)
      })
      try {
        await crew.start()
      } catch (error) {
        door.close()
        throw error
      }
      return {
        addresses: bound.map(({ address }) => address),
        address: bound[0]!.address,
        port: bound[0]!.number,
        ports: bound.map(({ number }) => number),
        // Workers have them, and count them.
        connections: { size: 0, bound: 0 },
        renew() {},
        retire() {},
        async stop() {
          door.close()
          await crew.stop(patience.drain ?? DRAIN_MS)
          await writer?.close()
        },
      }
    },

    async prepare(contents, next) {
      const asked = { files: sent(contents), kids: kidsOf(next) }
      const answers = await crew.ask<Prepared>(TOLD.prepare, asked)
      const problems = answers.flatMap(({ answer, error }) => [
        ...(answer?.problems ?? []),
        ...(error ? [unplaced(current().config.file, error)] : []),
      ])
      prepared = answers.map(({ member }) => member)
      if (problems.length === 0) return
      await abandon()
      throw new ConfigError(onceEach(problems))
    },

    async commit(contents) {
      files = sent(contents)
      crew.changed()
      const ready = new Set(prepared)
      for (const member of crew.ready) if (!ready.has(member)) crew.renew(member)
      await allPrepared(TOLD.commit)
    },

    abandon,

    async publish() {
      for (const { error } of await crew.ask(TOLD.publish)) if (error) throw error
    },

    async fresh(name) {
      crew.changed()
      await all(TOLD.fresh, name)
    },

    async forget(account) {
      const answers = await crew.ask<number>(TOLD.forget, account ?? null)
      return answers.reduce((sum, { answer = 0 }) => sum + answer, 0)
    },

    metrics: () => gathered.read(() => crew.ask<MetricsJson>(TOLD.metrics, null, { patience: SCRAPE_MS })),

    get members() {
      return crew.ready.map(({ number, pid }) => ({ number, pid: pid! }))
    },
  }
}

/** Who writes the embedded store for the workers; undefined where there is another store. */
async function writerOf({ config, services }: Generation): Promise<StoreWriter | undefined> {
  if (typeof config.server.store === 'object') return undefined
  const { createEmbeddedWriter } = await import('../../store/embedded.ts')
  return createEmbeddedWriter({ folder: config.stateDir, clock: services.container.resolve(CLOCK) })
}

/** The keys of a configuration, as they are named. */
export function kidsOf({ services }: Pick<Generation, 'services'>): string[] {
  const { plan } = services.keys
  return [...plan.keys.map(({ key }) => key), ...plan.published].map(({ kid }) => kid)
}

function unplaced(file: string, { message }: Error): Problem {
  return { file, line: 1, column: 1, path: '', message: `a worker could not take it: ${message}` }
}

/** Workers read the same file, and find the same. */
function onceEach(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
