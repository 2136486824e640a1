// The same question asked by many at the same time is asked once: 60 jobs that log in with one robot account cost one hash.
import type { InjectionToken } from 'tsyringe'
import { isPromise, type MaybePromise } from '../contract/maybe-promise.ts'
import { secretName } from '../contract/secret.ts'
import type { Credentials } from '../plugin.ts'
import { afterTurn } from './after-turn.ts'
import type { Leaving } from './cancellation.ts'
import { UnderWay } from './under-way.ts'

/** In the process container: what is being asked of authenticators. */
export const ONCE: InjectionToken<Once> = Symbol('once')

/** One piece of work that several wait for, unless its answer is there at once. */
export interface Shared<T> {
  readonly answer: MaybePromise<T>
  /** Somebody joins who has time until then, in milliseconds of `performance.now()`. */
  extend(deadline: number): void
  /** Nobody waits for it any more. */
  cancel(reason: Error): void
}

/** Who waits. */
export interface Joining {
  /** Tells when its client has gone. */
  readonly leaving: Leaving
  /** When its time is over, in milliseconds of `performance.now()`. */
  readonly deadline: number
}

/** What is being asked. It lets go of its work when that is over. */
interface Open {
  readonly answer: Promise<unknown>
  work: Shared<unknown> | undefined
  waiting: number
}

/** What is being asked at the moment. */
export class Once {
  readonly #open = new UnderWay<Open>()

  /** Names a question whose answer depends on account and password alone. @param instance the id of who is asked */
  keyOf(instance: string, { account, password }: Credentials): string {
    return `${secretName(password)} ${account.length} ${account}${instance}`
  }

  /**
   * Waits for an answer: that of who asks the same already, or of work that is begun now. The work is cancelled when the last
   * one who waits for it has gone.
   *
   * @param keyOf names the question; not asked where nothing is open
   * @returns rejects with what the work throws; with why whoever asks has gone; with an Error when the own time is over first
   */
  ask<T>(keyOf: () => string, joining: Joining, begin: () => Shared<T>): MaybePromise<T> {
    if (joining.leaving.reason) return Promise.reject(joining.leaving.reason)
    if (this.#open.size > 0) {
      const key = keyOf()
      const known = this.#open.get(key)
      if (known) return this.#join(key, known, joining) as Promise<T>
    }
    const work = begin()
    const { answer } = work
    if (!isPromise(answer)) return answer
    const key = keyOf()
    return this.#join(key, this.#begun(key, work, answer), joining) as Promise<T>
  }

  async #join(key: string, open: Open, joining: Joining): Promise<unknown> {
    const { work, answer } = open
    open.waiting += 1
    work!.extend(joining.deadline)
    try {
      return await waited(answer, joining)
    } finally {
      open.waiting -= 1
      if (open.waiting === 0 && open.work) {
        // Who comes now must not join what is being cancelled.
        this.#end(key, open)
        work!.cancel(new Error('nobody waits for the answer any more'))
      }
    }
  }

  #begun(key: string, work: Shared<unknown>, answer: Promise<unknown>): Open {
    const open: Open = { answer, work, waiting: 0 }
    this.#open.set(key, open)
    const over = () => this.#end(key, open)
    answer.then(over, over)
    return open
  }

  #end(key: string, open: Open): void {
    open.work = undefined
    this.#open.delete(key, open)
  }
}

function waited(answer: Promise<unknown>, { leaving, deadline }: Joining): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let late: NodeJS.Timeout | undefined
    let open = true
    const close = () => {
      open = false
      clearTimeout(late)
      stay()
    }
    const leave = (reason: Error) => {
      close()
      reject(reason)
    }
    const stay = leaving.whenCancelled(leave)
    afterTurn(() => {
      if (!open) return
      late = setTimeout(
        () => leave(new Error('no answer in the time of the request')),
        Math.max(0, deadline - performance.now()),
      )
    })
    answer.then(
      (value) => {
        close()
        resolve(value)
      },
      (error) => {
        close()
        reject(error)
      },
    )
  })
}
