// The fifth step: claims, key, signature.
import type { Identity } from '../contract/index.ts'
import { type Access, createClaims } from '../token/claims.ts'
import { type Lifetimes, lifetimeOf } from '../token/lifetimes.ts'
import type { Signer } from '../token/signer.ts'
import type { ScopeDecision } from './authorize.ts'
import { malformed, quote } from './errors.ts'

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
}

/** @throws RequestError 400 for a service that tokens are not made for */
export function assertServed(service: string, services: TokenSettings['services']): void {
  if (!services || services.has(service)) return
  throw malformed(
    service === ''
      ? 'service is missing; it must name the registry that the token is for'
      : `service ${quote(service)} is none that this server makes tokens for; the registry's service and token.services must agree`,
  )
}

/** Signs the token for an identity and the decisions on its scopes. `now` is in milliseconds. */
export async function sign(
  settings: TokenSettings,
  identity: Identity,
  service: string,
  decisions: readonly ScopeDecision[],
  now: number,
): Promise<SignedToken> {
  const { issuer, lifetimes, services, signer } = settings
  const access = decisions.map(({ resource, actions }) => ({
    type: resource.type,
    name: resource.name,
    actions,
  }))
  const lifetime = lifetimeOf(services?.get(service) ?? lifetimes, access)
  const claims = createClaims({ issuer, account: identity.account, service, access, now, lifetime })
  return {
    token: await signer.sign(claims),
    access: claims.access,
    expiresIn: claims.exp - claims.iat,
    issuedAt: new Date(claims.iat * 1000),
  }
}
