// One call of one plugin: it ends with the plugin's answer, when its time is over, or when its request is cancelled, whichever comes
// first. What comes later is heard by nobody.
import type { DependencyContainer } from 'tsyringe'
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
  readonly #ended = Promise.withResolvers<T>()
  #answer: Promise<T> | undefined
  #stay: () => void
  #open = true

  /** @param stage takes what the plugin provides; without one it can provide nothing */
  constructor(context: CallingRequest, instance: Instance, stage: Stage | undefined) {
    this.context = context
    this.instance = instance
    this.stage = stage
    this.#watch = serviceOf(context.services, LOOP_WATCH)
    this.cancellation = new Cancellation(() => context.waiter(this.#clock))
    this.#clock = new CallClock(instance.timeout, context, (late) => this.#late(late))
    // Not the reason itself: what plugins get they could change.
    this.#stay = context.leaving.whenCancelled(() =>
      this.#end(new Error('nobody waits for the answer any more')),
    )
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

  /** Asks the plugin. @throws whatever it throws, also before it returns a promise; Error when the time is over first */
  ask(ask: (scope: RequestScope) => Promise<T>): Promise<T> {
    this.#answer = this.#asked(ask)
    this.#answer.then(
      (value) => this.#settle(this.#ended.resolve, value),
      (error) => this.#settle(this.#ended.reject, error),
    )
    return this.#ended.promise
  }

  #asked(ask: (scope: RequestScope) => Promise<T>): Promise<T> {
    try {
      return Promise.resolve(this.#watch.measure(this.instance, () => ask(new CallScope(this))))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #settle<V>(then: (value: V) => void, value: V): void {
    if (!this.#open) return
    // Who holds the event loop past the end keeps the timer from telling it.
    const late = this.#clock.late()
    if (late) this.#end(late)
    else {
      this.#close()
      then(value)
    }
  }

  #end(reason: Error): void {
    this.#close()
    this.cancellation.cancel(reason)
    this.#ended.reject(reason)
  }

  #late(late: Error): void {
    this.#close()
    this.cancellation.cancel(late)
    // It knows best what it waited for, and says so now that it is to end.
    untilToldWhy(this.#answer!, late).then(this.#ended.reject)
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    this.#clock.stop()
    this.#stay()
    this.#watch.end(this.instance)
  }
}
