// What a plugin sees of a request, in one call.
import type { DependencyContainer } from 'tsyringe'
import {
  CLIENT,
  IDENTITY,
  type Identity,
  LABELS,
  type Labels,
  type Log,
  type RequestScope,
  TOKEN_REQUEST,
  type Token,
  type Work,
} from '../plugin.ts'
import type { Budget } from '../work/budget.ts'
import type { Cancellation } from './cancellation.ts'
import type { TokenRequest } from './parse.ts'

const OPEN_TOKENS: ReadonlySet<symbol> = new Set([CLIENT, IDENTITY, LABELS, TOKEN_REQUEST])

/** What a call reads of its request. */
export interface Around {
  readonly id: string
  readonly request: TokenRequest
  readonly identity: Identity | undefined
  readonly bag: { readonly labels: Labels }
  readonly budget: Budget
  readonly container: DependencyContainer
}

/** The RequestScope of one call of one plugin. */
export class CallScope implements RequestScope {
  readonly #context: Around
  readonly #log: Log
  readonly #cancellation: Cancellation
  #work: Work | undefined

  /** @param cancellation ends the call */
  constructor(context: Around, log: Log, cancellation: Cancellation) {
    this.#context = context
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

  resolve<T>(token: Token<T>): T {
    if (!OPEN_TOKENS.has(token)) {
      throw new Error(
        `${String(token)} can't be resolved by a plugin; use the tokens that dockwarden/plugin exports`,
      )
    }
    return this.#context.container.resolve(token) as T
  }
}
