// The token section of the configuration as the request's steps take it.

import type { NativeConfig } from '../config/native/schema.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { TokenSettings } from '../request/sign.ts'
import { SignedBefore } from '../request/signed-before.ts'
import type { RefreshSettings } from '../token/keeper.ts'
import { type Lifetimes, longestLifetime } from '../token/lifetimes.ts'

type TokenConfig = NativeConfig['token']

/** Issuer, lifetimes and services. A service's own lifetimes come before the general ones, action by action. */
export function tokenSettings(config: TokenConfig): Pick<TokenSettings, 'issuer' | 'lifetimes' | 'services'> {
  const { issuer, expiration, expiration_for: byAction, services } = config
  const lifetimes: Lifetimes = { expiration, byAction }
  const ofService = services?.map((service): [string, Lifetimes] => {
    if (typeof service === 'string') return [service, lifetimes]
    const own = service.expiration_for ?? new Map<string, number>()
    return [
      service.name,
      { expiration: service.expiration ?? expiration, byAction: new Map([...byAction, ...own]) },
    ]
  })
  return { issuer, lifetimes, services: ofService && new Map(ofService) }
}

/** The longest that any token can be good, in milliseconds. */
export function longestTokenLifetime(config: TokenConfig): number {
  const { lifetimes, services } = tokenSettings(config)
  return longestLifetime([lifetimes, ...(services?.values() ?? [])])
}

/** @returns undefined when each request gets a token of its own */
export function signedBeforeOf({ reuse }: TokenConfig, ring: KeyRing): SignedBefore | undefined {
  return reuse > 0 ? new SignedBefore(reuse, () => ring.current?.header) : undefined
}

/** @returns undefined when there are no refresh tokens */
export function refreshSettings({ refresh }: TokenConfig): RefreshSettings | undefined {
  if (refresh === false) return undefined
  const { idle, max_age: maxAge, max_age_unverified: maxAgeUnverified } = refresh
  return {
    idle,
    maxAge,
    maxAgeUnverified,
    bound: { unused: refresh.max_unused, all: refresh.max_per_account },
  }
}
