// The fifth step: claims, key, signature.

import type { InjectionToken } from 'tsyringe'
import type { Signer } from '../keys/signer.ts'
import { Busy, type Identity, type Place } from '../plugin.ts'
import { type Access, type Claims, createClaims } from '../token/claims.ts'
import { type Lifetimes, lifetimeOf } from '../token/lifetimes.ts'
import type { ScopeDecision } from './authorize.ts'
import { quote, unavailable, wrongTarget } from './errors.ts'

/** A signed token and what its answer says about it. */
export interface SignedToken {
  readonly token: string
  /** One entry a resource, actions sorted. */
  readonly access: readonly Access[]
  /** Seconds. */
  readonly expiresIn: number
  readonly issuedAt: Date
}

/** What every token of a server has in common. */
export interface TokenSettings {
  readonly issuer: string
  /** For services that have no lifetimes of their own. */
  readonly lifetimes: Lifetimes
  /** The only services that tokens are made for; undefined = all. */
  readonly services: ReadonlyMap<string, Lifetimes> | undefined
  readonly signer: Signer
  /** Where signatures wait for their turn: with a long RSA key they take longer than all the rest. */
  readonly signatures: Place
}

/** In the process container. */
export const TOKEN_SETTINGS: InjectionToken<TokenSettings> = Symbol('token-settings')

/** @throws RequestError 400 for a service that tokens are not made for */
export function assertServed(service: string, services: TokenSettings['services']): void {
  if (!services || services.has(service)) return
  throw wrongTarget(
    service === ''
      ? 'service is missing; it must name the registry that the token is for'
      : `service ${quote(service)} is none that this server makes tokens for; the registry's service and token.services must agree`,
  )
}

/** Clients take anything shorter for this, in milliseconds. */
const MIN_LIFETIME = 60_000

/**
 * Signs the token for an identity and the decisions on its scopes.
 *
 * @param signal the request's own
 * @param now milliseconds since the epoch
 * @param end when the token ends that the client came with: what is got with it does not live on
 * @throws RequestError 503 when it can't be signed in time
 */
export async function sign(
  settings: TokenSettings,
  identity: Identity,
  service: string,
  decisions: readonly ScopeDecision[],
  signal: AbortSignal,
  now: number,
  end = Number.POSITIVE_INFINITY,
): Promise<SignedToken> {
  const { signer, signatures } = settings
  const claims = claimsFor(settings, identity, service, decisions, now, end)
  const issuedAt = Math.floor(now / 1000)
  return {
    token: await signatures.run(signal, () => signer.sign(claims)).catch(asOutage),
    access: claims.access,
    expiresIn: claims.exp - issuedAt,
    issuedAt: new Date(issuedAt * 1000),
  }
}

/**
 * What the token says.
 *
 * @param now milliseconds since the epoch
 * @param end when the token ends that the client came with
 */
export function claimsFor(
  { issuer, lifetimes, services }: Pick<TokenSettings, 'issuer' | 'lifetimes' | 'services'>,
  identity: Identity,
  service: string,
  decisions: readonly ScopeDecision[],
  now: number,
  end = Number.POSITIVE_INFINITY,
): Claims {
  const access = decisions.map(({ resource, actions }) => ({
    type: resource.type,
    name: resource.name,
    actions,
  }))
  const own = lifetimeOf(services?.get(service) ?? lifetimes, access)
  const lifetime = Math.max(MIN_LIFETIME, Math.min(own, end - now))
  return createClaims({ issuer, account: identity.account, service, access, now, lifetime })
}

function asOutage(error: unknown): never {
  throw error instanceof Busy ? unavailable(error) : error
}
