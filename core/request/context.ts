// A request's own container: labels, client and identity live here and nowhere else, so that two requests at once can
// never see each other's.
import type { DependencyContainer } from 'tsyringe'
import {
  CLIENT,
  IDENTITY,
  type Identity,
  LABELS,
  type Labels,
  type Log,
  mergeLabels,
  NO_LABELS,
  type RequestScope,
  TOKEN_REQUEST,
  type Token,
  type Work,
} from '../contract/index.ts'
import { type Budget, REQUEST_BUDGET } from '../work/budget.ts'
import { LOOP_WATCH } from '../work/loop-watch.ts'
import type { Instance } from './instance.ts'
import type { TokenRequest } from './parse.ts'

const OPEN_TOKENS: ReadonlySet<symbol> = new Set([CLIENT, IDENTITY, LABELS, TOKEN_REQUEST])
/** How long all plugins together may take for one request, in milliseconds: docker's client gives up after 15 s. */
export const REQUEST_DEADLINE = 12_000

/** The labels of one request: they grow until authorization begins, then they are frozen. */
class LabelBag {
  labels: Labels = NO_LABELS
  #frozen = false

  add(more: Labels): void {
    if (this.#frozen) throw new Error('labels are frozen once authorization has begun')
    this.labels = mergeLabels(this.labels, more)
  }

  freeze(): void {
    this.#frozen = true
  }
}

/** What the steps of one request share. */
export class RequestContext {
  readonly id: string
  readonly request: TokenRequest
  readonly bag = new LabelBag()
  readonly container: DependencyContainer
  readonly #deadline: number
  #budget: Budget | undefined
  #identity: Identity | undefined

  /**
   * @param parent the process container
   * @param id names the request in every log line
   * @param deadline milliseconds that all plugins together may take
   */
  constructor(parent: DependencyContainer, id: string, request: TokenRequest, deadline = REQUEST_DEADLINE) {
    this.id = id
    this.request = request
    this.#deadline = performance.now() + deadline
    this.container = parent.createChildContainer()
    this.container.registerInstance(CLIENT, request.client)
    const { service, scopes } = request
    this.container.registerInstance(TOKEN_REQUEST, Object.freeze({ service, scopes }))
    this.container.register(LABELS, { useFactory: () => this.bag.labels })
    this.container.register(IDENTITY, { useFactory: () => this.identity })
  }

  /** Who was accepted, with the labels known so far. */
  get identity(): Identity | undefined {
    const { labels } = this.bag
    if (this.#identity && this.#identity.labels !== labels)
      this.#identity = Object.freeze({ ...this.#identity, labels })
    return this.#identity
  }

  /** Takes who was accepted, and the labels that come with it. */
  accept(identity: Identity): void {
    this.#identity = identity
    this.bag.add(identity.labels)
  }

  /** Milliseconds until the request's time is over. */
  get left(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** The steps that all plugins together may take. */
  get budget(): Budget {
    this.#budget ??= this.container.resolve(REQUEST_BUDGET)()
    return this.#budget
  }

  /** The same request, for work that may outlive it. @param deadline milliseconds from now */
  withDeadline(deadline: number): RequestContext {
    return new RequestContext(this.container, this.id, this.request, deadline)
  }

  /**
   * Calls a plugin: within the instance's own time and the request's.
   *
   * @throws whatever the plugin throws, or an Error that names the instance when the time is over
   * @example await context.call(ldap, (scope) => ldap.implementation.authenticate(credentials, scope))
   */
  call<T>(instance: Instance, ask: (scope: RequestScope) => Promise<T>): Promise<T> {
    const ms = Math.min(instance.timeout, this.left)
    const scope = new CallScope(this, instance.log)
    const watch = this.container.resolve(LOOP_WATCH)
    const end = performance.now() + ms
    return new Promise((resolve, reject) => {
      let open = true
      const close = () => {
        if (open) watch.end(instance)
        open = false
      }
      const over = () => {
        close()
        const error = new Error(`did not answer within ${Math.round(ms) / 1000} s`)
        scope.abort(error)
        reject(error)
      }
      const timer = setTimeout(over, ms)
      const settle =
        <V>(then: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer)
          // Who holds the event loop past the end keeps the timer from telling it.
          if (open && performance.now() > end) return over()
          close()
          then(value)
        }
      // A plugin may throw before it returns a promise.
      new Promise<T>((answer) => answer(watch.measure(instance, () => ask(scope)))).then(
        settle(resolve),
        settle(reject),
      )
    })
  }
}

/** The RequestScope of one call of one plugin. */
class CallScope implements RequestScope {
  readonly #context: RequestContext
  readonly #log: Log
  #controller: AbortController | undefined
  #work: Work | undefined
  #ended: Error | undefined

  constructor(context: RequestContext, log: Log) {
    this.#context = context
    this.#log = log
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
    const at = (level: keyof Log) => (facts: object, message: string) =>
      this.#log[level]({ ...facts, request: id }, message)
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  /** Made when first asked for: most plugins that compute never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  get work(): Work {
    this.#work ??= this.#context.budget.work(() => {
      if (this.#ended) throw this.#ended
    })
    return this.#work
  }

  abort(reason: Error): void {
    this.#ended = reason
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
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
