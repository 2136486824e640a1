// What a plugin sees of a request, in one call.
import type { GivenToken, Identity, Labels, Log, RequestScope, Token, Work } from '../plugin.ts'
import type { Budget } from '../work/budget.ts'
import type { Cancellation } from '../work/cancellation.ts'
import type { TokenRequest } from './parse.ts'
import { provideIn, resolveIn, type Sharing } from './shared.ts'

/** What a call reads of its request. */
export interface Around {
  readonly id: string
  readonly request: TokenRequest
  readonly identity: Identity | undefined
  readonly bag: { readonly labels: Labels }
  readonly budget: Budget
}

/** A call, as far as its plugin sees it. */
export interface SeenCall extends Sharing {
  readonly context: Around
  /** Ends it. */
  readonly cancellation: Cancellation
}

/** The RequestScope of one call of one plugin. */
export class CallScope implements RequestScope {
  readonly #call: SeenCall
  #work: Work | undefined

  constructor(call: SeenCall) {
    this.#call = call
    Object.freeze(this)
  }

  get id(): string {
    return this.#call.context.id
  }

  get account(): string {
    return this.#call.context.identity?.account ?? ''
  }

  get labels(): Labels {
    return this.#call.context.bag.labels
  }

  get client() {
    return this.#call.context.request.client
  }

  get service(): string {
    return this.#call.context.request.service
  }

  get log(): Log {
    const { id } = this
    const at = (level: keyof Log) => (given: object | string, message: string) => {
      // As the log itself takes them: plugins in JavaScript write a text alone, or an error.
      if (typeof given === 'string') return this.#call.instance.log[level]({ request: id }, given)
      const facts = given instanceof Error ? { err: given } : given
      return this.#call.instance.log[level]({ ...facts, request: id }, message)
    }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  get signal(): AbortSignal {
    return this.#call.cancellation.signal
  }

  get work(): Work {
    this.#work ??= this.#call.context.budget.work(() => {
      const { reason } = this.#call.cancellation
      if (reason) throw reason
    })
    return this.#work
  }

  provide<T>(token: Token<T>, value: T): void {
    provideIn(this.#call, token, value)
  }

  resolve<T>(token: GivenToken<T>): T
  resolve<T>(token: Token<T>): T | undefined
  resolve<T>(token: Token<T>): T | undefined {
    return resolveIn(this.#call, token)
  }
}
