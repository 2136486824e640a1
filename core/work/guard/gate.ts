// What every password passes: the guard, or an open gate where there is none.
import type { InjectionToken } from 'tsyringe'
import type { Secret } from '../../plugin.ts'
import type { Leaving } from '../cancellation.ts'

/** In the process container: the guard, or what lets everybody pass. */
export const GUARD: InjectionToken<Gate> = Symbol('guard')

/** Who wants to try a password. */
export interface Asking {
  readonly account: string
  /** As `networkOf` names it. */
  readonly network: string
  readonly password: Secret
  /** Whether the address is a proxy's, behind which there may be anybody. */
  readonly shared: boolean
  /** Tells when nobody waits any more. */
  readonly leaving: Leaving
  /** Milliseconds that there are to wait. */
  readonly left: number
}

/** Nothing was tried: it is too early. */
export class Throttled extends Error {
  /** What had too many failures: the network for this account, or the network for many. */
  readonly of: 'account' | 'network'
  /** Seconds after which a try is worth it. */
  readonly retryAfter: number

  constructor(of: Throttled['of'], ms: number) {
    super(`too many wrong passwords (${of})`)
    this.name = 'Throttled'
    this.of = of
    this.retryAfter = Math.max(1, Math.ceil(ms / 1_000))
  }
}

/** A try that was let through. Exactly one of its ends is told, and then that it has left. */
export interface Try {
  /** The authenticator that has rejected the same a moment ago. @param of what else the answer depended on; most are not asked for it */
  refusedBy(of: () => string): string | undefined
  /** An authenticator has rejected it. @param of what else the answer depends on */
  reject(by: string, of: () => string): void
  /** The password was wrong, or it can't be known whether it was. @param asked whether an authenticator was asked about it */
  failed(asked: boolean): Promise<void>
  /** @returns what is to be waited for, where there is anything */
  succeeded(): Promise<void> | undefined
  /** Nothing is under way any more. */
  leave(): void
}

/** What a guard has done since it was made. */
export interface GuardCounts {
  /** What had too many failures when nothing was tried. */
  readonly throttled: Readonly<Record<Throttled['of'], number>>
  /** Passwords that were refused a moment ago, and of which nobody was asked again. */
  readonly repeated: number
  /**
   * `account_waits`: a network has to wait for an account. `network_waits`: one tries many accounts. `account_attacked`: many networks
   * try one.
   */
  readonly findings: Readonly<Record<'account_waits' | 'network_waits' | 'account_attacked', number>>
}

/** What every password passes. */
export interface Gate {
  /** Nearly everybody passes at once. @returns undefined for whom more is to be found out about: `admit` does */
  admitNow?(asking: Asking): Try | undefined
  /** @throws Throttled when nothing may be tried now; Busy when others' tries take too long; why nobody waits any more */
  admit(asking: Asking): Promise<Try>
  /** What it has done so far; left out where nothing is counted. */
  counts?(): GuardCounts
}

const PASSED: Try = {
  refusedBy: () => undefined,
  reject() {},
  failed: async () => {},
  succeeded: () => undefined,
  leave() {},
}

/** Where there is no guard: everybody passes, and nothing is counted. */
export const OPEN_GATE: Gate = {
  admitNow: () => PASSED,
  admit: async () => PASSED,
}
