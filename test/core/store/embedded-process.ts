// Embedded stores in another process, for tests of several processes on one file.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import type { Answer, Method, Question } from './embedded-child.ts'

const CHILD = fileURLToPath(new URL('embedded-child.ts', import.meta.url))

/** A process that has stores. */
export interface StoreProcess extends AsyncDisposable {
  /** Opens one there. An answer of it is one that the process has given before it could be killed. */
  open(folder: string): TokenStore
  /** Kills it in the middle of whatever it does; calls that have no answer yet reject. */
  kill(): Promise<void>
  /** Leaves it alone, without closing anything. @returns its exit code, when it has come to its end by itself */
  leave(): Promise<number | null>
}

/** Starts a process. @example await using elsewhere = startStoreProcess() */
export function startStoreProcess(): StoreProcess {
  const child = fork(CHILD, { execArgv: [], serialization: 'advanced' })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let stores = 0
  let calls = 0
  const ended = once(child, 'exit')
  // An interrupted test run must not leave it behind.
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)

  child.on('message', ({ call, value, fault }: Answer) => {
    const { resolve, reject } = waiting.get(call)!
    waiting.delete(call)
    if (fault === undefined) resolve(value)
    else reject(new Error(fault))
  })
  child.once('close', () => {
    process.off('exit', onExit)
    for (const { reject } of waiting.values()) reject(new Error('the process has ended'))
    waiting.clear()
  })

  function ask<T>(store: number, folder: string, method: Method, ...args: unknown[]): Promise<T> {
    const answer = Promise.withResolvers<unknown>()
    if (!child.connected) return Promise.reject(new Error('the process has ended'))
    calls += 1
    waiting.set(calls, answer)
    child.send({ call: calls, store, folder, method, args } satisfies Question)
    return answer.promise as Promise<T>
  }

  return {
    open(folder) {
      stores += 1
      const store = stores
      return {
        add: (token, bound) => ask(store, folder, 'add', token, bound),
        get: (id) => ask(store, folder, 'get', id),
        use: (id, use) => ask(store, folder, 'use', id, use),
        revoke: (id, revocation) => ask(store, folder, 'revoke', id, revocation),
        async *list(filter) {
          yield* await ask<KeptToken[]>(store, folder, 'list', filter)
        },
        mark: (id, until) => ask(store, folder, 'mark', id, until),
        isMarked: (id) => ask(store, folder, 'isMarked', id),
        lease: (id, owner, ms) => ask(store, folder, 'lease', id, owner, ms),
        release: (id, owner) => ask(store, folder, 'release', id, owner),
        entries: {
          get: (space, id) => ask(store, folder, 'entries.get', space, id),
          put: (change) => ask(store, folder, 'entries.put', change),
          drop: (space, id) => ask(store, folder, 'entries.drop', space, id),
        },
        ready: () => ask(store, folder, 'ready'),
        close: () => ask(store, folder, 'close'),
      }
    },
    async kill() {
      child.kill('SIGKILL')
      await closed(child)
    },
    async leave() {
      child.disconnect()
      const [code] = await ended
      return code
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await closed(child)
    },
  }
}

/** Waits for the end of the process and of what it had sent. */
async function closed(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
}
