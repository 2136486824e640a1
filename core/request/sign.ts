// The fifth step: claims, key, signature.
import type { Identity } from '../contract/index.ts'
import { type Access, createClaims } from '../token/claims.ts'
import type { Signer } from '../token/signer.ts'
import type { ScopeDecision } from './authorize.ts'

/** A signed token and what its answer says about it. */
export interface IssuedToken {
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
  /** Milliseconds. */
  readonly lifetime: number
  readonly signer: Signer
}

/** Signs the token for an identity and the decisions on its scopes. `now` is in milliseconds. */
export async function sign(
  settings: TokenSettings,
  identity: Identity,
  service: string,
  decisions: readonly ScopeDecision[],
  now: number,
): Promise<IssuedToken> {
  const { issuer, lifetime, signer } = settings
  const access = decisions.map(({ resource, actions }) => ({
    type: resource.type,
    name: resource.name,
    actions,
  }))
  const claims = createClaims({ issuer, account: identity.account, service, access, now, lifetime })
  return {
    token: await signer.sign(claims),
    access: claims.access,
    expiresIn: claims.exp - claims.iat,
    issuedAt: new Date(claims.iat * 1000),
  }
}
