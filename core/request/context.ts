// A request's own container: labels, client and identity live here and nowhere else, so that two requests at once can
// never see each other's.
import type { DependencyContainer } from 'tsyringe'
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
} from '../plugin.ts'
import { type Budget, REQUEST_BUDGET } from '../work/budget.ts'
import { LOOP_WATCH } from '../work/loop-watch.ts'
import { networkOf } from '../work/network.ts'
import type { Waiter } from '../work/waiter.ts'
import { CallClock } from './call-clock.ts'
import { CallScope } from './call-scope.ts'
import { Cancellation } from './cancellation.ts'
import type { Instance } from './instance.ts'
import type { TokenRequest } from './parse.ts'

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
  /** Every authenticator that was asked, in order, with its outcome: `corp: reject`. */
  readonly asked: string[]
  readonly container: DependencyContainer
  #deadline: number
  readonly #cancellation = new Cancellation(() => this.#waiter())
  /** Ends the calls that are under way. */
  readonly #calls = new Set<(reason: Error) => void>()
  #budget: Budget | undefined
  #identity: Identity | undefined

  /**
   * @param parent the process container
   * @param id names the request in every log line
   * @param deadline milliseconds that all plugins together may take
   * @param asked of the same request
   */
  constructor(
    parent: DependencyContainer,
    id: string,
    request: TokenRequest,
    deadline = REQUEST_DEADLINE,
    asked: string[] = [],
  ) {
    this.asked = asked
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
    this.#budget ??= this.container.resolve(REQUEST_BUDGET)()
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
    return new RequestContext(this.container, this.id, this.request, deadline, this.asked)
  }

  /**
   * Calls a plugin: within the instance's own time and the request's, and until that is cancelled.
   *
   * @throws whatever the plugin throws, or an Error when the time is over or the request is cancelled
   * @example await context.call(ldap, (scope) => ldap.implementation.authenticate(credentials, scope))
   */
  async call<T>(instance: Instance, ask: (scope: RequestScope) => Promise<T>): Promise<T> {
    this.assertWanted()
    if (this.left === 0) throw new Error('was not asked: the time of the request is over')
    const watch = this.container.resolve(LOOP_WATCH)
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
      const clock = new CallClock(instance.timeout, () => this.#deadline, end)
      const cancellation = new Cancellation(() => this.#waiter(clock))
      const scope = new CallScope(this, instance.log, cancellation)
      const settle =
        <V>(then: (value: V) => void) =>
        (value: V) => {
          // Who holds the event loop past the end keeps the timer from telling it.
          const late = open && clock.late()
          if (late) return end(late)
          close()
          then(value)
        }
      this.#calls.add(end)
      // A plugin may throw before it returns a promise.
      new Promise<T>((answer) => answer(watch.measure(instance, () => ask(scope)))).then(
        settle(resolve),
        settle(reject),
      )
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
