// What a plugin instance does again and again in the background: the host starts it, spreads it, logs its failures, and ends it
// before the instance is closed.
import type { Log } from '../plugin.ts'

/** One turn of a task. @param signal aborts when the server stops */
export type Task = (signal: AbortSignal) => unknown

const SHORTEST_MS = 100
/** What a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1
/** So much earlier or later: several nodes must not ask a backend in step. */
const JITTER = 0.1

/** The tasks of one instance. */
export interface Tasks {
  /** @throws RangeError for an interval that makes no sense */
  every(interval: number, task: Task): void
  /** Begins; until then nothing runs, and under `check` it never does. */
  start(): void
  /** Ends them. Resolves when none is under way. */
  stop(): Promise<void>
}

/** @param log of the instance: its lines carry the plugin's name and id */
export function createTasks(log: Log): Tasks {
  const ending = new AbortController()
  const waiting = new Set<NodeJS.Timeout>()
  const underWay = new Set<Promise<void>>()
  const planned: (() => void)[] = []
  let started = false

  function schedule(interval: number, task: Task, failing: boolean): void {
    if (ending.signal.aborted) return
    const spread = interval * (1 + JITTER * (2 * Math.random() - 1))
    const timer = setTimeout(
      () => {
        waiting.delete(timer)
        const turn = run(interval, task, failing).finally(() => underWay.delete(turn))
        underWay.add(turn)
      },
      Math.min(spread, LONGEST_MS),
    )
    timer.unref()
    waiting.add(timer)
  }

  async function run(interval: number, task: Task, failing: boolean): Promise<void> {
    let failed = false
    try {
      await task(ending.signal)
      if (failing) log.info({}, 'a background task works again')
    } catch (err) {
      failed = true
      // Not at each turn: whatever it asks may be down for days.
      if (!ending.signal.aborted && !failing) log.warn({ err }, 'a background task failed; it is tried again')
    }
    schedule(interval, task, failed)
  }

  return {
    every(interval, task) {
      if (!(interval >= SHORTEST_MS && interval <= LONGEST_MS))
        throw new RangeError(
          `host.every(${interval}): the interval must be milliseconds, from ${SHORTEST_MS} to ${LONGEST_MS}`,
        )
      if (typeof task !== 'function')
        throw new TypeError(`host.every(${interval}, task): the task must be a function`)
      const begin = () => schedule(interval, task, false)
      if (started) begin()
      else planned.push(begin)
    },
    start() {
      started = true
      for (const begin of planned.splice(0)) begin()
    },
    async stop() {
      ending.abort()
      for (const timer of waiting) clearTimeout(timer)
      await Promise.all(underWay)
    },
  }
}
