// What the ACME server looks for to see whose the names are: files at a path of HTTP (http-01), or a certificate of its own in a TLS
// handshake (tls-alpn-01). The server may come to any node, so all of them know what one of them was asked to show.
import { createSecureContext, type SecureContext } from 'node:tls'
import { LRUCache } from 'lru-cache'
import type { InjectionToken } from 'tsyringe'
import type { Clock, Store } from '../plugin.ts'
import type { ChallengeType } from './settings.ts'

/** The protocol by which a validation is known (RFC 8737, 4). */
export const ACME_PROTOCOL = 'acme-tls/1'

/** What is to be shown. */
export interface Challenge {
  readonly type: ChallengeType
  readonly domain: string
  readonly token: string
  /** The text that proves whose the account is (RFC 8555, 8.1). No secret: the server is shown it. */
  readonly proof: string
}

/** In the process container. */
export const CHALLENGES: InjectionToken<Challenges> = Symbol('acme-challenges')

/** An order is over long before. */
const LIFETIME = 15 * 60_000
const KEY = ['challenges']

/** Makes the certificate of a validation (RFC 8737, 3): key and certificate, PEM. */
export type MakeProof = (challenge: Challenge) => Promise<readonly [key: string, certificate: string]>

export class Challenges {
  /** Of orders that failed, by what they were made of: a reload is no reason to try at once, or servers refuse more and more. */
  readonly failures = new LRUCache<string, { readonly count: number; readonly notBefore: number }>({
    max: 100,
  })
  readonly #clock: Clock
  readonly #make: MakeProof
  #contexts: ReadonlyMap<string, SecureContext> = new Map()
  #shown: readonly Challenge[] = []
  #ordering = false
  #tell: (challenges: readonly Challenge[]) => Promise<void> = async () => {}
  #turn: Promise<void> = Promise.resolve()

  constructor(clock: Clock, make: MakeProof) {
    this.#clock = clock
    this.#make = make
  }

  /** Whether an order may begin: one at a time, of all certificates of this process. */
  begin(): boolean {
    if (this.#ordering) return false
    this.#ordering = true
    return true
  }

  end(): void {
    this.#ordering = false
  }

  /** What is shown now. */
  get shown(): readonly Challenge[] {
    return this.#shown
  }

  /** Whoever shows the same is told whenever something else is shown, before it counts as shown. */
  onChange(tell: (challenges: readonly Challenge[]) => Promise<void>): void {
    this.#tell = tell
  }

  /** Shows these, and nothing else, here and on the nodes that share the store. */
  show(challenges: readonly Challenge[], store: Store | undefined): Promise<void> {
    return this.#inTurn(async () => {
      await this.#take(challenges)
      const end = this.#clock.now() + LIFETIME
      if (challenges.length > 0) await store?.set(KEY, challenges as never, end)
      else await store?.delete(KEY)
    })
  }

  /** Takes over what another node shows. */
  follow(store: Store): Promise<void> {
    return this.#inTurn(async () => {
      const shown = ((await store.get(KEY)) ?? []) as unknown as readonly Challenge[]
      if (!this.#ordering && JSON.stringify(shown) !== JSON.stringify(this.#shown)) await this.#take(shown)
    })
  }

  /** The names of an order are proved at the same time, and keys take as long as they like: what was asked last has to be shown last. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(step)
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #take(challenges: readonly Challenge[]): Promise<void> {
    const contexts = new Map<string, SecureContext>()
    for (const challenge of challenges) {
      if (challenge.type !== 'tls-alpn-01') continue
      const { domain, token } = challenge
      const made = this.#shown.some((one) => one.domain === domain && one.token === token)
      contexts.set(domain, (made && this.#contexts.get(domain)) || (await this.#contextFor(challenge)))
    }
    this.#shown = challenges
    this.#contexts = contexts
    await this.#tell(challenges)
  }

  async #contextFor(challenge: Challenge): Promise<SecureContext> {
    const [key, cert] = await this.#make(challenge)
    return createSecureContext({ key, cert })
  }

  /** The text for a token of http-01; undefined for one that was not asked for. */
  textOf(token: string): string | undefined {
    return this.#shown.find((one) => one.type === 'http-01' && one.token === token)?.proof
  }

  /** The certificate of a validation; undefined for a name that is not being validated. */
  contextOf(domain: string): SecureContext | undefined {
    return this.#contexts.get(domain.toLowerCase())
  }
}
