// The fifth step: claims, key, signature.

import type { InjectionToken } from 'tsyringe'
import type { Signer } from '../keys/signer.ts'
import { Busy, type Identity, type Place } from '../plugin.ts'
import { type Access, type Claims, createClaims, type TokenFacts } from '../token/claims.ts'
import { type Lifetimes, lifetimeOf, MIN_LIFETIME } from '../token/lifetimes.ts'
import type { Leaving } from '../work/cancellation.ts'
import type { ScopeDecision } from './authorize.ts'
import { quote, unavailable, wrongTarget } from './errors.ts'
import type { SignedBefore } from './signed-before.ts'

/** A signed token and what its answer says about it. */
export interface SignedToken {
  readonly token: string
  /** The token's id. */
  readonly jti: string
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
  readonly signer: Pick<Signer, 'isQuick' | 'sign'>
  /** Where signatures wait for their turn: with a long RSA key they take longer than all the rest. */
  readonly signatures: Place
  /** What was signed moments ago; undefined = each request gets a token of its own. */
  readonly signedBefore?: SignedBefore | undefined
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

/**
 * Signs the token for an identity and the decisions on its scopes, or takes one that says the same.
 *
 * @param leaving whoever waits for it
 * @param now milliseconds since the epoch
 * @param end when the token ends that the client came with: what is got with it does not live on
 * @throws RequestError 503 when it can't be signed in time
 */
export async function sign(
  settings: TokenSettings,
  identity: Identity,
  service: string,
  decisions: readonly ScopeDecision[],
  leaving: Leaving,
  now: number,
  end = Number.POSITIVE_INFINITY,
): Promise<SignedToken> {
  const { signer, signatures, signedBefore } = settings
  const facts = factsFor(settings, identity, service, decisions, now, end)
  const fresh = createClaims(facts)
  const signFresh = () =>
    signer.isQuick
      ? signer.sign(fresh)
      : signatures.run(leaving.signal, () => signer.sign(fresh)).catch(asOutage)
  const { token, jti, exp } = signedBefore
    ? await signedBefore.token({
        claims: fresh,
        bound: facts.bound,
        now,
        leaving,
        sign: signFresh,
      })
    : { token: await signFresh(), jti: fresh.jti, exp: fresh.exp }
  const issuedAt = Math.floor(now / 1000)
  return {
    token,
    jti,
    access: fresh.access,
    expiresIn: exp - issuedAt,
    issuedAt: new Date(issuedAt * 1000),
  }
}

/**
 * What the token says.
 *
 * @param now milliseconds since the epoch
 * @param end when the token ends that the client came with
 */
export function claimsFor(...given: Parameters<typeof factsFor>): Claims {
  return createClaims(factsFor(...given))
}

function factsFor(
  { issuer, lifetimes, services }: Pick<TokenSettings, 'issuer' | 'lifetimes' | 'services'>,
  identity: Identity,
  service: string,
  decisions: readonly ScopeDecision[],
  now: number,
  end = Number.POSITIVE_INFINITY,
): TokenFacts & { readonly bound: number | undefined } {
  const access = decisions.map(({ resource, actions }) => ({
    type: resource.type,
    name: resource.name,
    actions,
  }))
  const own = lifetimeOf(services?.get(service) ?? lifetimes, access)
  const bound = end - now < own ? end : undefined
  const lifetime = Math.max(MIN_LIFETIME, bound === undefined ? own : bound - now)
  return { issuer, account: identity.account, service, access, now, lifetime, bound }
}

function asOutage(error: unknown): never {
  throw error instanceof Busy ? unavailable(error) : error
}
