// `dockwarden serve`: starts the server and stops it on a signal.

import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { type Config, readConfig } from '../config/config.ts'
import { workersOf } from '../config/native/workers-schema.ts'
import { type FileContents, FileRecord, recordFiles } from '../kit/file-record.ts'
import type { LogLevel } from '../kit/log-levels.ts'
import type { State } from '../plugin.ts'
import type { Patience } from '../server/listener.ts'
import { createLog } from '../server/log.ts'
import { type RunningServer, startServer } from '../server/server.ts'
import type { StaffPlan } from '../server/workers/staff.ts'
import { HOST_SERVICES } from '../services/host.ts'
import { besides, ConfigError, formatProblem } from '../yaml/problems.ts'
import { examine } from './check.ts'
import { keepCompiled } from './compile-cache.ts'
import type { Output } from './output.ts'
import { type StrayErrors, watchStrayErrors } from './stray-errors.ts'
import { newUser, welcome } from './welcome.ts'

/** What workers run. */
const MAIN = fileURLToPath(
  new URL(`../main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
)

/** What is otherwise than in production. */
export interface Serving {
  /** How long clients may take; what is left out is as in production. */
  readonly patience?: Partial<Patience>
  /** Default: JSON lines on standard error, or readable ones on a terminal. */
  readonly log?: Logger
  /** Whether the configuration is read again when its files change, whatever it says of that itself. */
  readonly watching?: boolean
}

/**
 * Runs the server until SIGTERM or SIGINT. A second signal exits at once.
 *
 * @returns exit status, once everything in flight has been answered and the plugins are closed: 0, or 1 after an exception that
 *   nobody caught
 * @throws ConfigError or Error when it can't start
 */
export async function serve(
  file: string,
  level: LogLevel,
  output: Output,
  { patience, log = createLog(level), watching }: Serving = {},
): Promise<number> {
  // From the first moment: a signal during the start stops the server once it has started, a second one at once.
  const stopping = stopSignal(output)
  const hangUps = hangUpSignal()
  const stray = watchStrayErrors(log)
  try {
    return await run(file, log, stopping.signal, hangUps, stray, output, { patience, watching })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    // The start ends at the first kind of fault; the operator is told of all. What only a start meets is among them.
    const { problems } = await examine(file)
    throw new ConfigError([...problems, ...besides(error.problems, problems)])
  } finally {
    stopping.forget()
    hangUps.forget()
    stray.forget()
  }
}

async function run(
  file: string,
  log: Logger,
  stopping: Promise<NodeJS.Signals>,
  hangUps: HangUps,
  stray: StrayErrors,
  output: Output,
  { patience, watching }: Serving,
): Promise<number> {
  const hopeless = Promise.withResolvers<Error>()
  const { config, files } = await readWithFiles(file)
  const workers: StaffPlan | undefined = files && {
    size: workersOf(config.server),
    script: MAIN,
    level: log.level as LogLevel,
    files,
    hopeless: hopeless.resolve,
  }
  stray.suspects = () => config.plugins
  for (const warning of config.warnings) output.stderr.write(`warning: ${formatProblem(warning)}\n`)
  const announce: State['announce'] = ({ account, password }) => {
    output.stderr.write(newUser(account))
    output.stdout.write(`${password.reveal()}\n`)
  }
  const server: RunningServer = await startServer(
    config,
    log,
    announce,
    undefined,
    patience,
    undefined,
    watching,
    workers,
  )
  stray.suspects = () => server.config.plugins
  for (const warning of server.services.warnings) output.stderr.write(`warning: ${formatProblem(warning)}\n`)
  for (const note of server.services.notes) output.stderr.write(`note: ${formatProblem(note)}\n`)
  output.stderr.write(welcome(config, server))
  for (const address of server.listener.addresses) log.info({ address, config: file }, 'listening')
  keepCompiled()

  hangUps.take(() => {
    // Why it was not read again is in the log.
    server.reload({ by: 'SIGHUP' }).catch((error: Error) => log.info({}, error.message))
  })
  const failed = hopeless.promise.then((error) => log.fatal({}, error.message))
  const signal = (await Promise.race([stopping, stray.fatal, failed])) ?? undefined
  log.info({ signal }, 'stopping')
  await server.stop()
  log.info({}, 'stopped')
  await new Promise<void>((flushed) => log.flush(() => flushed()))
  // Nobody waits for it any more.
  if (server.services.container.resolve(HOST_SERVICES).passwords.busy) endAtOnce(signal === undefined ? 1 : 0)
  return signal === undefined ? 1 : 0
}

/** @returns also what the files held, for workers; undefined where there are none */
async function readWithFiles(file: string): Promise<{ config: Config; files: FileContents | undefined }> {
  const read = new FileRecord({ keep: true })
  const config = await recordFiles(read, () => readConfig(file))
  const files = workersOf(config.server) > 1 ? read.contentsOf(config.files.paths) : undefined
  return { config, files }
}

/**
 * Ends the process. Node's own exit waits until every thread has left native code, and a hash may take seconds; when a program
 * takes the process's place, they end at once. A signal would not do: as the first process of a container it gets none from itself.
 */
function endAtOnce(status: number): never {
  process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${status})`], {})
  process.exit(status)
}

/** What SIGHUP asks for. */
interface HangUps {
  /** From now on it is done at each one, and now when there was one before. */
  take(reload: () => void): void
  forget(): void
}

/** From the first moment: during the start it would end the process, and there is nothing yet to be read again. */
function hangUpSignal(): HangUps {
  let missed = false
  let reload = () => {
    missed = true
  }
  const take = () => reload()
  process.on('SIGHUP', take)
  return {
    take(own) {
      reload = own
      if (missed) own()
    },
    forget: () => void process.off('SIGHUP', take),
  }
}

function stopSignal(output: Output): { signal: Promise<NodeJS.Signals>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  let signals = 0
  const take = (signal: NodeJS.Signals) => {
    if (signals++ > 0) {
      output.stderr.write(`dockwarden: ended at once by a second ${signal}; what was in flight is lost\n`)
      endAtOnce(1)
    }
    resolve(signal)
  }
  process.on('SIGTERM', take).on('SIGINT', take)
  return { signal: promise, forget: () => process.off('SIGTERM', take).off('SIGINT', take) }
}
