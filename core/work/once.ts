// The same question asked by many at the same time is asked once: 60 jobs that log in with one robot account cost one hash.
import type { InjectionToken } from 'tsyringe'
import type { Credentials } from '../plugin.ts'
import { secretNames } from './secret-names.ts'

/** In the process container: what is being asked of authenticators. */
export const ONCE: InjectionToken<Once> = Symbol('once')

/** One piece of work that several wait for. */
export interface Shared<T> {
  readonly answer: Promise<T>
  /** Somebody joins who has time until then, in milliseconds of `performance.now()`. */
  extend(deadline: number): void
  /** Nobody waits for it any more. */
  cancel(reason: Error): void
}

/** Who waits. */
export interface Joining {
  /** Aborts when its client has gone. */
  readonly signal: AbortSignal
  /** When its time is over, in milliseconds of `performance.now()`. */
  readonly deadline: number
}

interface Open extends Shared<unknown> {
  waiting: number
}

/** What is being asked at the moment. */
export class Once {
  readonly #open = new Map<string, Open>()
  readonly #nameOf = secretNames()

  /** Names a question whose answer depends on account and password alone. @param instance the id of who is asked */
  keyOf(instance: string, { account, password }: Credentials): string {
    return this.#nameOf([instance, account, password.reveal()])
  }

  /**
   * Waits for an answer: that of who asks the same already, or of work that is begun now. The work is cancelled when the last
   * one who waits for it has gone.
   *
   * @throws what the work throws; the signal's reason; Error when the own time is over first
   */
  async ask<T>(key: string, joining: Joining, begin: () => Shared<T>): Promise<T> {
    joining.signal.throwIfAborted()
    let open = this.#open.get(key)
    if (!open) {
      const begun: Open = { ...begin(), waiting: 0 }
      this.#open.set(key, begun)
      const over = () => {
        if (this.#open.get(key) === begun) this.#open.delete(key)
      }
      begun.answer.then(over, over)
      open = begun
    }
    open.waiting += 1
    open.extend(joining.deadline)
    try {
      return (await waited(open.answer, joining)) as T
    } finally {
      open.waiting -= 1
      if (open.waiting === 0) {
        // Who comes now must not join what is being cancelled.
        if (this.#open.get(key) === open) this.#open.delete(key)
        open.cancel(new Error('nobody waits for the answer any more'))
      }
    }
  }
}

function waited(answer: Promise<unknown>, { signal, deadline }: Joining): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = (reason: Error) => {
      close()
      reject(reason)
    }
    const abort = () => leave(signal.reason as Error)
    const late = setTimeout(
      () => leave(new Error('no answer in the time of the request')),
      Math.max(0, deadline - performance.now()),
    )
    const close = () => {
      clearTimeout(late)
      signal.removeEventListener('abort', abort)
    }
    signal.addEventListener('abort', abort)
    answer.then(resolve, reject).finally(close)
  })
}
