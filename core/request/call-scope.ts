// What a plugin sees of a request, in one call.
import type { GivenToken, Identity, Labels, Log, RequestScope, Token, Work } from '../plugin.ts'
import type { Budget } from '../work/budget.ts'
import type { Cancellation } from './cancellation.ts'
import type { TokenRequest } from './parse.ts'

/** What a call reads of its request. */
export interface Around {
  readonly id: string
  readonly request: TokenRequest
  readonly identity: Identity | undefined
  readonly bag: { readonly labels: Labels }
  readonly budget: Budget
}

/** What plugins share in a request, for one call. */
export type SharedInCall = Pick<RequestScope, 'provide' | 'resolve'>

/** The RequestScope of one call of one plugin. */
export class CallScope implements RequestScope {
  readonly #context: Around
  readonly #log: Log
  readonly #cancellation: Cancellation
  readonly #shared: SharedInCall
  #work: Work | undefined

  /** @param cancellation ends the call */
  constructor(context: Around, log: Log, cancellation: Cancellation, shared: SharedInCall) {
    this.#context = context
    this.#shared = shared
    this.#log = log
    this.#cancellation = cancellation
    Object.freeze(this)
  }

  get id(): string {
    return this.#context.id
  }

  get account(): string {
    return this.#context.identity?.account ?? ''
  }

  get labels(): Labels {
    return this.#context.bag.labels
  }

  get client() {
    return this.#context.request.client
  }

  get service(): string {
    return this.#context.request.service
  }

  get log(): Log {
    const { id } = this
    const at = (level: keyof Log) => (given: object | string, message: string) => {
      // As the log itself takes them: plugins in JavaScript write a text alone, or an error.
      if (typeof given === 'string') return this.#log[level]({ request: id }, given)
      const facts = given instanceof Error ? { err: given } : given
      return this.#log[level]({ ...facts, request: id }, message)
    }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  get work(): Work {
    this.#work ??= this.#context.budget.work(() => {
      const { reason } = this.#cancellation
      if (reason) throw reason
    })
    return this.#work
  }

  provide<T>(token: Token<T>, value: T): void {
    this.#shared.provide(token, value)
  }

  resolve<T>(token: GivenToken<T>): T
  resolve<T>(token: Token<T>): T | undefined
  resolve<T>(token: Token<T>): T | undefined {
    return this.#shared.resolve(token)
  }
}
