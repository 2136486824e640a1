// Takes another configuration in the place of the one in force. A second set of services is built and checked beside the first, and takes over
// whole; what is wrong with it changes nothing.
import type { Logger } from 'pino'
import { type Config, readConfig } from '../config/config.ts'
import { type FileContents, FileRecord, recordFiles } from '../kit/file-record.ts'
import { ConfigError, formatProblem, type Problem } from '../yaml/problems.ts'
import { changesBetween } from './changes.ts'
import { renewServices } from './container.ts'
import { createGeneration, type Generation, type Lasting } from './generation.ts'
import { holdBack } from './held-back.ts'
import { notReady } from './lifecycle.ts'
import type { ReloadCause, Reloaded } from './reload-answer.ts'
import { RELOADS } from './reload-status.ts'

const HOUR = 3_600_000
/** So often a configuration is read that changes while it is read. */
const TRIES = 5

/** What a reload works with. */
export interface ReloadParts {
  readonly lasting: Lasting
  /** The one in force. */
  current(): Generation
  /** Puts another one in force, and has the former one closed after its last request. */
  takeOver(next: Generation): void
  /** Processes that answer with the same configuration. */
  readonly others?: OtherProcesses | undefined
}

/** They take another configuration all together, or none of them does. */
export interface OtherProcesses {
  /** Has each of them build it. @throws ConfigError when one can't; none takes it then */
  prepare(files: FileContents, next: Generation): Promise<void>
  /** It takes over in all of them. */
  commit(files: FileContents): Promise<void>
  /** None takes it. */
  abandon(): Promise<void>
}

/** Reloads, one at a time. */
export class Reloader {
  readonly #parts: ReloadParts
  readonly #log: Logger
  #asked: ReloadCause[] = []
  #next: Promise<Reloaded> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #reminder: NodeJS.Timeout | undefined
  /** What was read last, whatever became of it. */
  #files: FileRecord
  /** Of what was built last. */
  #contents: FileContents = new Map()

  constructor(parts: ReloadParts) {
    this.#parts = parts
    this.#log = parts.lasting.log
    this.#files = parts.current().config.files
  }

  /** The files that were read last, whatever became of it. */
  get files(): FileRecord {
    return this.#files
  }

  /**
   * Reads the configuration again. Those who ask while a reload is under way share the one that follows it.
   *
   * @throws Error when the server is stopping
   */
  reload(cause: ReloadCause): Promise<Reloaded> {
    this.#asked.push(cause)
    if (!this.#next) {
      this.#next = this.#last.then(() => {
        const causes = this.#asked
        this.#asked = []
        this.#next = undefined
        return this.#run(causes)
      })
      this.#last = this.#next.catch(() => {})
    }
    return this.#next
  }

  /** Resolves when none is under way. */
  async close(): Promise<void> {
    clearInterval(this.#reminder)
    await this.#last
    clearInterval(this.#reminder)
  }

  async #run(causes: readonly ReloadCause[]): Promise<Reloaded> {
    const began = performance.now()
    const running = this.#parts.current()
    try {
      const { next, restart } = await this.#built(running)
      await this.#agreed(next, running)
      if (this.#parts.lasting.stopping()) {
        await next.services.closeBeside(running.services)
        throw new Error(STOPPING)
      }
      const changed = changesBetween(running, next)
      await this.#parts.others?.commit(this.#contents)
      this.#parts.takeOver(next)
      const warnings = this.#tell(running, next)
      this.#audit(causes, {
        result: 'reloaded',
        changed,
        restart,
        ...counts(running, next),
        ms: since(began),
      })
      this.#noteRestart(restart)
      return { outcome: 'reloaded', changed, restart, warnings }
    } catch (error) {
      if (this.#parts.lasting.stopping()) throw new Error(STOPPING)
      const problems = error instanceof ConfigError ? error.problems : [unplaced(error, running.config)]
      this.#refuse(causes, problems, since(began))
      return { outcome: 'refused', problems }
    }
  }

  /** Waits for the processes that answer with it. @throws ConfigError when one can't */
  async #agreed(next: Generation, running: Generation): Promise<void> {
    const { others, lasting } = this.#parts
    if (!others || lasting.stopping()) return
    this.#contents = this.#files.contentsOf(next.config.files.paths)
    try {
      await others.prepare(this.#contents, next)
    } catch (error) {
      await next.services.closeBeside(running.services)
      throw error
    }
    if (lasting.stopping()) await others.abandon()
  }

  /** @throws ConfigError */
  async #built(running: Generation): Promise<{ next: Generation; restart: readonly string[] }> {
    if (this.#parts.lasting.stopping()) throw new Error(STOPPING)
    const { file } = running.config
    for (let tries = 1; ; tries += 1) {
      const files = new FileRecord({ keep: this.#parts.others !== undefined })
      const again = async () => tries < TRIES && !(await files.isCurrent())
      try {
        const built = await recordFiles(files, () => this.#build(file, running))
        this.#files = files
        if (!(await again())) return built
        await built.next.services.closeBeside(running.services)
      } catch (error) {
        this.#files = files
        if (!(await again())) throw error
      }
    }
  }

  async #build(file: string, running: Generation): Promise<{ next: Generation; restart: readonly string[] }> {
    const { config, keys } = holdBack(running.config, await readConfig(file))
    const services = await renewServices(config, running.services)
    const living = new Set(running.services.made.map(({ instance }) => instance))
    const made = services.made.map(({ instance }) => instance).filter((instance) => !living.has(instance))
    // As at the start, a backend that is down stops nothing; the others are connected when requests come.
    for (const fault of await notReady(made)) this.#log.warn({}, fault)
    return { next: createGeneration(config, services, this.#parts.lasting), restart: keys }
  }

  /** Warnings that were not there before. */
  #tell(before: Generation, after: Generation): Problem[] {
    const all = ({ config, services }: Generation) => [...config.warnings, ...services.warnings]
    const known = new Set(all(before).map(({ path, message }) => `${path} ${message}`))
    const news = all(after).filter(({ path, message }) => !known.has(`${path} ${message}`))
    for (const { file, line, column, path, message } of news)
      this.#log.warn({ at: `${file}:${line}:${column}`, path }, message)
    const modules = new Map(before.services.made.map(({ plan }) => [plan.from, plan.module]))
    for (const { plan } of after.services.made) {
      const former = modules.get(plan.from)
      if (former && former !== plan.module && plan.files.length > 0)
        this.#log.info({ plugin: plan.definition.name, from: plan.from }, 'plugin has changed: imported anew')
      modules.delete(plan.from)
    }
    return news
  }

  #audit(causes: readonly ReloadCause[], facts: object): void {
    this.#parts.current().services.container.resolve(RELOADS).note('reloaded')
    clearInterval(this.#reminder)
    this.#log.info({ audit: 'reload', ...whoOf(causes), ...facts }, 'configuration read again')
  }

  #noteRestart(keys: readonly string[]): void {
    if (keys.length === 0) return
    this.#log.warn(
      { restart: keys },
      `${keys.join(', ')} changed in the configuration, and only a restart takes that: until then it is as it was at the start`,
    )
  }

  #refuse(causes: readonly ReloadCause[], problems: readonly Problem[], ms: number): void {
    const { container } = this.#parts.current().services
    container.resolve(RELOADS).note('refused')
    const [first] = problems
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more: dockwarden check tells them)` : ''
    const why = `${formatProblem(first!)}${more}`
    this.#log.warn(
      { audit: 'reload', ...whoOf(causes), result: 'refused', ms },
      `configuration not read again, and nothing has changed: ${why}`,
    )
    clearInterval(this.#reminder)
    const remind = () =>
      this.#log.warn({}, `the configuration in force is not that of the file, which is refused: ${why}`)
    this.#reminder = setInterval(remind, HOUR).unref()
  }
}

const STOPPING = 'the server is stopping, and reads no configuration any more'

function whoOf(causes: readonly ReloadCause[]): object {
  const [one, ...others] = causes
  if (others.length === 0) return one!
  return { by: [...new Set(causes.map(({ by }) => by))].join(', '), asked: causes.length }
}

function counts(before: Generation, after: Generation): object {
  const [old, now] = [before, after].map(
    ({ services }) => new Set(services.made.map(({ instance }) => instance)),
  )
  const kept = [...now!].filter((instance) => old!.has(instance)).length
  return { kept, made: now!.size - kept, closed: old!.size - kept }
}

/** What is no fault of a line of the file. */
function unplaced(error: unknown, { file }: Pick<Config, 'file'>): Problem {
  return { file, line: 1, column: 1, path: '', message: (error as Error).message }
}

function since(began: number): number {
  return Math.round(performance.now() - began)
}
