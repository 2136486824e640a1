// The same question asked by many at the same time is asked once: 60 jobs that log in with one robot account cost one hash.
import type { InjectionToken } from 'tsyringe'
import { secretName } from '../contract/secret.ts'
import type { Credentials } from '../plugin.ts'
import { afterTurn } from './after-turn.ts'
import type { Leaving } from './cancellation.ts'

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
  /** Tells when its client has gone. */
  readonly leaving: Leaving
  /** When its time is over, in milliseconds of `performance.now()`. */
  readonly deadline: number
}

/**
 * What is being asked. It lets go of its work when that is over: a Map that is written again and again leaves tables behind, which keep
 * what they hold until the next full collection.
 */
interface Open {
  work: Shared<unknown> | undefined
  waiting: number
}

/** What is being asked at the moment. */
export class Once {
  readonly #open = new Map<string, Open>()

  /** Names a question whose answer depends on account and password alone. @param instance the id of who is asked */
  keyOf(instance: string, { account, password }: Credentials): string {
    return `${secretName(password)} ${account.length} ${account}${instance}`
  }

  /**
   * Waits for an answer: that of who asks the same already, or of work that is begun now. The work is cancelled when the last
   * one who waits for it has gone.
   *
   * @throws what the work throws; why whoever asks has gone; Error when the own time is over first
   */
  async ask<T>(key: string, joining: Joining, begin: () => Shared<T>): Promise<T> {
    if (joining.leaving.reason) throw joining.leaving.reason
    const open = this.#open.get(key) ?? this.#begun(key, begin)
    const { work } = open
    open.waiting += 1
    work!.extend(joining.deadline)
    try {
      return (await waited(work!.answer, joining)) as T
    } finally {
      open.waiting -= 1
      if (open.waiting === 0 && open.work) {
        // Who comes now must not join what is being cancelled.
        this.#end(key, open)
        work!.cancel(new Error('nobody waits for the answer any more'))
      }
    }
  }

  #begun(key: string, begin: () => Shared<unknown>): Open {
    const open: Open = { work: begin(), waiting: 0 }
    this.#open.set(key, open)
    const over = () => this.#end(key, open)
    open.work!.answer.then(over, over)
    return open
  }

  #end(key: string, open: Open): void {
    open.work = undefined
    if (this.#open.get(key) === open) this.#open.delete(key)
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
