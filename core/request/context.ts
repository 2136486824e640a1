// A request's own container: labels, client and identity live here and nowhere else, so that two requests at once can
// never see each other's.
import type { DependencyContainer } from 'tsyringe'
import type { MaybePromise } from '../contract/maybe-promise.ts'
import { type Provided, TOKEN_TABLE } from '../kit/token-table.ts'
import {
  CLIENT,
  IDENTITY,
  type Identity,
  LABELS,
  type Labels,
  mergeLabels,
  NO_LABELS,
  type RequestScope,
  TOKEN_REQUEST,
  type Token,
} from '../plugin.ts'
import { type Budget, REQUEST_BUDGET } from '../work/budget.ts'
import { Cancellation, type Leaving } from '../work/cancellation.ts'
import { networkOf } from '../work/network.ts'
import type { Waiter } from '../work/waiter.ts'
import { Call, type CallingRequest } from './call.ts'
import type { CallClock } from './call-clock.ts'
import type { Instance } from './instance.ts'
import type { TokenRequest } from './parse.ts'
import { serviceOf } from './services.ts'
import type { Stage } from './shared.ts'
import type { TraceSink } from './trace.ts'

/** How long all plugins together may take for one request, in milliseconds: docker's client gives up after 15 s. */
export const REQUEST_DEADLINE = 12_000

/** What every request has from the start; whatever else it holds was provided by a plugin. */
const OF_EVERY_REQUEST: ReadonlySet<string> = new Set(
  [CLIENT, TOKEN_REQUEST, LABELS, IDENTITY].map(({ name }) => name),
)

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
export class RequestContext implements CallingRequest {
  readonly id: string
  readonly request: TokenRequest
  readonly bag = new LabelBag()
  /** Every authenticator that was asked, in order, with its outcome: `corp: reject`. */
  readonly asked: string[]
  /** Learns what each plugin says, and why; undefined for the requests of clients. */
  readonly trace: TraceSink | undefined
  /** The process container. */
  readonly services: DependencyContainer
  #container: DependencyContainer | undefined
  /** The instance that accepted; undefined before. */
  accepting: Instance | undefined
  #deadline: number
  readonly #cancellation = new Cancellation(() => this.waiter())
  #budget: Budget | undefined
  #identity: Identity | undefined

  /**
   * @param services the process container
   * @param id names the request in every log line
   * @param deadline milliseconds that all plugins together may take
   * @param asked of the same request
   * @param trace learns what each plugin says, and why
   */
  constructor(
    services: DependencyContainer,
    id: string,
    request: TokenRequest,
    deadline = REQUEST_DEADLINE,
    asked: string[] = [],
    trace?: TraceSink,
  ) {
    this.asked = asked
    this.trace = trace
    this.id = id
    this.request = request
    this.#deadline = performance.now() + deadline
    this.services = services
  }

  /** The request's own container, a child of the process container: made when it is first needed. */
  get container(): DependencyContainer {
    if (this.#container) return this.#container
    const own = this.services.createChildContainer()
    this.#container = own
    const table = serviceOf(this.services, TOKEN_TABLE)
    const { client, service, scopes } = this.request
    own.registerInstance(table.keyOf(CLIENT), client)
    own.registerInstance(table.keyOf(TOKEN_REQUEST), Object.freeze({ service, scopes }))
    own.register(table.keyOf(LABELS), { useFactory: () => this.bag.labels })
    own.register(table.keyOf(IDENTITY), { useFactory: () => this.identity })
    return own
  }

  /** The container, where it can hold a value of the token: no plugin has provided any while there is none. */
  containerWith(token: Token<unknown>): DependencyContainer | undefined {
    return this.#container ?? (OF_EVERY_REQUEST.has(token.name) ? this.container : undefined)
  }

  /** Who was accepted, with the labels known so far. */
  get identity(): Identity | undefined {
    const { labels } = this.bag
    if (this.#identity && this.#identity.labels !== labels)
      this.#identity = Object.freeze({ ...this.#identity, labels })
    return this.#identity
  }

  /**
   * Takes who was accepted, and the labels that come with it.
   *
   * @param accepting the authenticator that vouches for it; undefined for a robot account
   * @param provided what that one handed on
   */
  accept(identity: Identity, accepting?: Instance, provided?: Provided): void {
    this.#identity = identity
    this.accepting = accepting
    this.bag.add(identity.labels)
    if (provided) this.take(provided)
  }

  /** Takes what a plugin handed on to those after it. */
  take(provided: Provided): void {
    for (const [key, value] of provided) this.container.registerInstance(key, value)
  }

  /** Milliseconds until the request's time is over. */
  get left(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  /** When the request's time is over, in milliseconds of `performance.now()`. */
  get deadline(): number {
    return this.#deadline
  }

  /** Somebody with more time waits for the same. */
  extend(deadline: number): void {
    this.#deadline = Math.max(this.#deadline, deadline)
  }

  /** The steps that all plugins together may take. */
  get budget(): Budget {
    this.#budget ??= serviceOf(this.services, REQUEST_BUDGET)()
    return this.#budget
  }

  /** Aborts when the request is cancelled: for what waits for something else than a plugin. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /** Tells when the request is cancelled. */
  get leaving(): Leaving {
    return this.#cancellation
  }

  /** Ends the request: the calls under way are aborted, and no other begins. The first reason counts. */
  cancel(reason: Error): void {
    this.#cancellation.cancel(reason)
  }

  /** Why it was cancelled; undefined while it is wanted. */
  get cancelled(): Error | undefined {
    return this.#cancellation.reason
  }

  /** @throws the reason, once the request has been cancelled */
  assertWanted(): void {
    if (this.cancelled) throw this.cancelled
  }

  /** The same request, for work that may outlive it: it is not cancelled with it. @param deadline milliseconds from now */
  withDeadline(deadline: number): RequestContext {
    return new RequestContext(this.services, this.id, this.request, deadline, this.asked)
  }

  /**
   * Calls a plugin: within the instance's own time and the request's, and until that is cancelled.
   *
   * @param stage takes what the plugin provides; without one it can provide nothing
   * @returns rejects with whatever the plugin throws, or with an Error when the time is over or the request is cancelled
   * @example await context.call(ldap, (scope) => ldap.implementation.authenticate(credentials, scope))
   */
  call<T>(instance: Instance, ask: (scope: RequestScope) => MaybePromise<T>, stage?: Stage): MaybePromise<T> {
    if (this.cancelled) return Promise.reject(this.cancelled)
    if (this.left === 0) return Promise.reject(new Error('was not asked: the time of the request is over'))
    return new Call<T>(this, instance, stage).ask(ask)
  }

  /** This request, as the lines see it in which it waits. @param clock of the call */
  waiter(clock?: CallClock): Waiter {
    return new WaitingRequest(this, clock)
  }
}

// A class: an accessor in an object literal makes a hidden class of its own for each object, which lives until the next full collection,
// with all that the accessor knows.
class WaitingRequest implements Waiter {
  readonly network: string
  readonly account: string
  readonly #context: RequestContext
  readonly #clock: CallClock | undefined

  constructor(context: RequestContext, clock: CallClock | undefined) {
    const { client, credentials } = context.request
    this.network = networkOf(client.ip)
    this.account = credentials.account
    this.#context = context
    this.#clock = clock
  }

  get deadline(): number {
    return this.#context.deadline
  }

  pause(): void {
    this.#clock?.pause()
  }

  resume(): void {
    this.#clock?.resume()
  }
}
