// The keys of a running server: the one that signs now, those that are published, and how new ones take their place.
import type { InjectionToken } from 'tsyringe'
import type { Clock } from '../plugin.ts'
import { jwks, type KeySet } from './jwks.ts'
import { type ScheduledKey, signingIndex, stagesOf } from './key-schedule.ts'
import type { SigningKey } from './keys.ts'
import { createSigner, type Signer } from './signer.ts'

/** In the process container. */
export const KEY_RING: InjectionToken<KeyRing> = Symbol('key-ring')

/** A key and when it signs. */
export interface RingKey extends ScheduledKey {
  readonly key: SigningKey
}

/** Which keys a server has. */
export interface KeyPlan {
  /** In the order in which they sign, one after the other. */
  readonly keys: readonly RingKey[]
  /** Keys that only stay or become known; they don't sign. */
  readonly published: readonly SigningKey[]
}

/** What happens to the keys, for the log. */
export interface RingEvents {
  /** Another key signs from now on. */
  onSwitch(key: SigningKey): void
}

/**
 * Signs with the key whose turn it is. A key that others replace finishes what it has begun.
 *
 * @example
 * const ring = new KeyRing(plan, { clock, longestLifetime: 900_000, onSwitch: () => {} })
 * const token = await ring.sign(claims)
 */
export class KeyRing implements Signer {
  readonly #clock: Clock
  /** So long a key stays published after it has signed, in milliseconds. */
  readonly longestLifetime: number
  readonly #share: number | undefined
  readonly #events: RingEvents
  #plan: KeyPlan
  #announced: readonly SigningKey[] = []
  #active: ActiveKey | undefined
  /** Signers of earlier keys that have not finished. */
  readonly #closing = new Set<Promise<void>>()

  /** @param options.share among so many processes the threads are divided */
  constructor(
    plan: KeyPlan,
    options: { clock: Clock; longestLifetime: number; share?: number } & RingEvents,
  ) {
    this.#plan = plan
    this.#clock = options.clock
    this.longestLifetime = options.longestLifetime
    this.#share = options.share
    this.#events = options
  }

  /** Starts the thread that signs, before it is asked for. */
  warm(): void {
    const key = this.current
    if (key) this.#signerOf(key).warm()
  }

  /** The key that signs now; undefined when there is none (`dockwarden check` before a first start). */
  get current(): SigningKey | undefined {
    const { keys } = this.#plan
    return keys[signingIndex(keys, this.#clock.now())]?.key
  }

  get isQuick(): boolean {
    const key = this.current
    return key !== undefined && this.#signerOf(key).isQuick
  }

  sign(claims: object): Promise<string> {
    const key = this.current
    return key ? this.#signerOf(key).sign(claims) : Promise.reject(new Error('there is no signing key'))
  }

  /** The keys that a verifier must know: of tokens that are still good, and of those to come. */
  get known(): readonly SigningKey[] {
    const { keys, published } = this.#plan
    const stages = stagesOf(keys, this.#clock.now(), this.longestLifetime)
    const scheduled = keys.filter((_, index) => stages[index]!.stage !== 'retired')
    return [...scheduled.map(({ key }) => key), ...published]
  }

  /** The same, as it is published, with what was announced. */
  keySet(): KeySet {
    const { known } = this
    const own = new Set(known.map(({ kid }) => kid))
    return jwks([...known, ...this.#announced.filter(({ kid }) => !own.has(kid))])
  }

  /** Publishes keys that will take over in a moment, here or in another process, until others are announced. */
  announce(keys: readonly SigningKey[]): void {
    this.#announced = keys
  }

  /** Takes over other keys. The one that signs keeps its threads when it is among them, however often its file was read. */
  replace(plan: KeyPlan): void {
    this.#plan = plan
    this.#announced = []
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([this.#active?.close(), ...this.#closing])
  }

  /** Read again, an unchanged key is another object. The header names the key, and holds its certificate. */
  #signerOf(key: SigningKey): ActiveKey {
    if (this.#active?.key.header === key.header) return this.#active
    const former = this.#active
    const active = new ActiveKey(key, this.#share)
    this.#active = active
    if (former) this.#retire(former, key)
    return active
  }

  #retire(former: ActiveKey, key: SigningKey): void {
    const closing = former.finish().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
    if (former.key.kid !== key.kid) this.#events.onSwitch(key)
  }
}

/** A key that signs, and what it has not finished. */
class ActiveKey {
  readonly key: SigningKey
  readonly #signer: Signer
  #underWay = 0
  #finished: (() => void) | undefined

  constructor(key: SigningKey, share: number | undefined) {
    this.key = key
    this.#signer = createSigner(key, share)
  }

  warm(): void {
    this.#signer.warm()
  }

  get isQuick(): boolean {
    return this.#signer.isQuick
  }

  async sign(claims: object): Promise<string> {
    this.#underWay += 1
    try {
      return await this.#signer.sign(claims)
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) this.#finished?.()
    }
  }

  /** Closes once everything is signed. */
  async finish(): Promise<void> {
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#finished = resolve
      })
    }
    await this.close()
  }

  close(): Promise<void> {
    return this.#signer.close()
  }
}
