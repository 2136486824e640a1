// A request's own container: labels, client and identity live here and nowhere else, so that two requests at once can
// never see each other's.
import type { DependencyContainer } from 'tsyringe'
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
import { LOOP_WATCH } from '../work/loop-watch.ts'
import { networkOf } from '../work/network.ts'
import type { Waiter } from '../work/waiter.ts'
import { CallClock, untilToldWhy } from './call-clock.ts'
import { CallScope } from './call-scope.ts'
import { Cancellation } from './cancellation.ts'
import type { Instance } from './instance.ts'
import type { TokenRequest } from './parse.ts'
import { type Stage, shareInCall } from './shared.ts'
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
export class RequestContext {
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
  #accepting: Instance | undefined
  #deadline: number
  readonly #cancellation = new Cancellation(() => this.#waiter())
  /** Ends the calls that are under way. */
  readonly #calls = new Set<(reason: Error) => void>()
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
    const table = this.services.resolve(TOKEN_TABLE)
    const { client, service, scopes } = this.request
    own.registerInstance(table.keyOf(CLIENT), client)
    own.registerInstance(table.keyOf(TOKEN_REQUEST), Object.freeze({ service, scopes }))
    own.register(table.keyOf(LABELS), { useFactory: () => this.bag.labels })
    own.register(table.keyOf(IDENTITY), { useFactory: () => this.identity })
    return own
  }

  /** The container, where it can hold a value of the token: no plugin has provided any while there is none. */
  #containerWith(token: Token<unknown>): DependencyContainer | undefined {
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
    this.#accepting = accepting
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
    this.#budget ??= this.services.resolve(REQUEST_BUDGET)()
    return this.#budget
  }

  /** Aborts when the request is cancelled: for what waits for something else than a plugin. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /** Ends the request: the calls under way are aborted, and no other begins. The first reason counts. */
  cancel(reason: Error): void {
    this.#cancellation.cancel(reason)
    // Not the reason itself: what plugins get they could change.
    for (const end of this.#calls) end(new Error('nobody waits for the answer any more'))
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
   * @throws whatever the plugin throws, or an Error when the time is over or the request is cancelled
   * @example await context.call(ldap, (scope) => ldap.implementation.authenticate(credentials, scope))
   */
  async call<T>(instance: Instance, ask: (scope: RequestScope) => Promise<T>, stage?: Stage): Promise<T> {
    this.assertWanted()
    if (this.left === 0) throw new Error('was not asked: the time of the request is over')
    const watch = this.services.resolve(LOOP_WATCH)
    return await new Promise((resolve, reject) => {
      let open = true
      const close = () => {
        if (!open) return
        open = false
        clock.stop()
        this.#calls.delete(end)
        watch.end(instance)
      }
      const end = (reason: Error) => {
        close()
        cancellation.cancel(reason)
        reject(reason)
      }
      const clock = new CallClock(
        instance.timeout,
        () => this.#deadline,
        (late) => {
          close()
          cancellation.cancel(late)
          // It knows best what it waited for, and says so now that it is to end.
          untilToldWhy(answer, late).then(reject)
        },
      )
      const cancellation = new Cancellation(() => this.#waiter(clock))
      const shared = shareInCall({
        instance,
        table: this.services.resolve(TOKEN_TABLE),
        stage,
        container: (token) => this.#containerWith(token),
        accepting: () => this.#accepting,
      })
      const scope = new CallScope(this, instance.log, cancellation, shared)
      const settle =
        <V>(then: (value: V) => void) =>
        (value: V) => {
          if (!open) return
          // Who holds the event loop past the end keeps the timer from telling it.
          const late = clock.late()
          if (late) return end(late)
          close()
          then(value)
        }
      this.#calls.add(end)
      // A plugin may throw before it returns a promise.
      const answer = new Promise<T>((answer) => answer(watch.measure(instance, () => ask(scope))))
      answer.then(settle(resolve), settle(reject))
    })
  }

  /** This request, as the lines see it in which it waits. @param clock of the call */
  #waiter(clock?: CallClock): Waiter {
    const { client, credentials } = this.request
    const deadline = () => this.#deadline
    return {
      network: networkOf(client.ip),
      account: credentials.account,
      get deadline() {
        return deadline()
      },
      pause: () => clock?.pause(),
      resume: () => clock?.resume(),
    }
  }
}
