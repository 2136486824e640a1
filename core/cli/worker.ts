// What a worker process runs: it has its configuration, and its connections, from the process that listens, and ends with it.
import type { Socket } from 'node:net'
import { createLog } from '../server/log.ts'
import { ASKED, type Terms, TOLD } from '../server/workers/terms.ts'
import { Wire } from '../server/workers/wire.ts'
import { type RunningWorker, startWorker } from '../server/workers/worker.ts'
import { ConfigError, formatProblem } from '../yaml/problems.ts'
import { keepCompiled } from './compile-cache.ts'
import { watchStrayErrors } from './stray-errors.ts'

/** Signals go to all processes of a terminal, or of a unit: what they mean is for the process that listens to say. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Works until it is told to stop.
 *
 * @param send to the process that listens
 * @returns exit status
 */
export async function work(send: (message: object) => void): Promise<number> {
  for (const signal of SIGNALS) process.on(signal, () => {})
  const { promise: told, resolve: stop } = Promise.withResolvers<void>()
  let worker: RunningWorker | undefined
  const wire: Wire = new Wire(send, {
    ...Object.fromEntries(
      Object.values(TOLD).map((verb) => [verb, (args: unknown) => worker?.verbs[verb]?.(args)]),
    ),
    [TOLD.stop]: stop,
  })
  process.on('message', (message: unknown, carrier: Socket | undefined) => {
    if (carrier) worker?.take((message as { at: number }).at, carrier)
    else wire.take(message)
  })
  // Whatever ends this process: a hash that is being computed must not keep it.
  process.on('exit', () => {
    if (worker?.busy) process.kill(process.pid, 'SIGKILL')
  })
  const terms = (await wire.ask(ASKED.terms)) as Terms
  const log = createLog(terms.level, undefined, { worker: terms.number })
  const stray = watchStrayErrors(log)
  try {
    worker = await startWorker(terms, wire, log)
  } catch (error) {
    await wire.ask(ASKED.failed, { message: reasonOf(error) })
    return 1
  }
  stray.suspects = () => worker?.config.plugins ?? []
  wire.tell(ASKED.ready)
  keepCompiled()
  const failed = stray.fatal.then(() => true)
  const isFailed = (await Promise.race([told, failed])) === true
  if (isFailed) await wire.ask(ASKED.leaving)
  await worker.stop()
  await new Promise<void>((flushed) => log.flush(() => flushed()))
  return isFailed ? 1 : 0
}

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.map(formatProblem).join('; ')
  return error instanceof Error ? error.message : String(error)
}
