// One call of one plugin: it ends with the plugin's answer, when its time is over, or when its request is cancelled, whichever comes
// first. What comes later is heard by nobody. Of an answer that is there at once, only the time is looked at.
import type { DependencyContainer } from 'tsyringe'
import { attempt, isPromise, type MaybePromise } from '../contract/maybe-promise.ts'
import { TOKEN_TABLE, type TokenTable } from '../kit/token-table.ts'
import type { RequestScope, Token } from '../plugin.ts'
import { Cancellation, type Leaving } from '../work/cancellation.ts'
import { LOOP_WATCH, type LoopWatch } from '../work/loop-watch.ts'
import type { Waiter } from '../work/waiter.ts'
import { CallClock, untilToldWhy } from './call-clock.ts'
import { type Around, CallScope, type SeenCall } from './call-scope.ts'
import type { Instance } from './instance.ts'
import { serviceOf } from './services.ts'
import type { Stage } from './shared.ts'

/** The request that a call belongs to. */
export interface CallingRequest extends Around {
  /** The process container. */
  readonly services: DependencyContainer
  /** When its time is over, as `performance.now()` has it. */
  readonly deadline: number
  /** Tells when it is cancelled. */
  readonly leaving: Leaving
  readonly accepting: Instance | undefined
  containerWith(token: Token<unknown>): DependencyContainer | undefined
  /** It, as lines see it. @param clock of the call that waits */
  waiter(clock: CallClock): Waiter
}

/** A call, from its question to its end. */
export class Call<T> implements SeenCall {
  readonly context: CallingRequest
  readonly instance: Instance
  readonly stage: Stage | undefined
  readonly cancellation: Cancellation
  readonly #watch: LoopWatch
  readonly #clock: CallClock
  #stay: (() => void) | undefined
  #open = true

  /** @param stage takes what the plugin provides; without one it can provide nothing */
  constructor(context: CallingRequest, instance: Instance, stage: Stage | undefined) {
    this.context = context
    this.instance = instance
    this.stage = stage
    this.#watch = serviceOf(context.services, LOOP_WATCH)
    this.cancellation = new Cancellation(() => context.waiter(this.#clock))
    this.#clock = new CallClock(instance.timeout, context)
  }

  get table(): TokenTable {
    return serviceOf(this.context.services, TOKEN_TABLE)
  }

  get accepting(): Instance | undefined {
    return this.context.accepting
  }

  containerWith(token: Token<unknown>): DependencyContainer | undefined {
    return this.context.containerWith(token)
  }

  /**
   * Asks the plugin.
   *
   * @returns rejects with whatever it throws, also before it returns a promise; with an Error when the time is over first
   */
  ask(ask: (scope: RequestScope) => MaybePromise<T>): MaybePromise<T> {
    const answer = attempt(() => this.#watch.measure(this.instance, () => ask(new CallScope(this))))
    if (isPromise(answer)) return this.#inTime(Promise.resolve(answer))
    const late = this.#end()
    return late ? Promise.reject(late) : answer
  }

  #inTime(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void) => {
        if (!this.#open) return
        const late = this.#end()
        if (late) reject(late)
        else settled()
      }
      answer.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      )
      this.#clock.start((late) => {
        this.#cancel(late)
        // It knows best what it waited for, and says so now that it is to end.
        untilToldWhy(answer, late).then(reject)
      })
      this.#stay = this.context.leaving.whenCancelled(() => {
        // Not the reason itself: what plugins get they could change.
        const gone = new Error('nobody waits for the answer any more')
        this.#cancel(gone)
        reject(gone)
      })
    })
  }

  /** It has answered. @returns why that is too late: who holds the event loop past the end keeps the timer from telling it */
  #end(): Error | undefined {
    const late = this.#clock.late()
    if (late) this.#cancel(late)
    else this.#close()
    return late
  }

  #cancel(reason: Error): void {
    this.#close()
    this.cancellation.cancel(reason)
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    this.#clock.stop()
    this.#stay?.()
    this.#watch.end(this.instance)
  }
}
