// The token endpoint: every step of a request in its order (DESIGN's way of a request, top to bottom).
import type { Context } from 'koa'
import type { Clock, Log } from '../contract/index.ts'
import { type AuditFacts, audit } from './audit.ts'
import type { DecidedBy } from './authenticate.ts'
import type { ClientAddress } from './client-address.ts'
import type { ClientCertificateOf } from './client-certificate.ts'
import { refreshTokenFor } from './offline.ts'
import { parse, type TokenRequest } from './parse.ts'
import { type Deciders, type Decision, decide } from './pipeline.ts'
import { respondError, respondToken } from './respond.ts'
import { assertServed, sign, type TokenSettings } from './sign.ts'

/** What the token endpoint works with, the same for every request. */
export interface EndpointServices extends Deciders {
  readonly clientAddress: ClientAddress
  /** Undefined when clients are not asked for certificates. */
  readonly clientCertificate?: ClientCertificateOf | undefined
  readonly token: TokenSettings
  readonly clock: Clock
  readonly log: Log
}

/** Makes the handler of the token endpoint, for GET and POST. */
export function createEndpoint(services: EndpointServices): (context: Context) => Promise<void> {
  const { tokens, clientAddress, clientCertificate, token, clock, log } = services
  return async (context) => {
    const began = performance.now()
    const id: string = context.state.id
    const decided: DecidedBy = {}
    let ip: string | undefined
    let request: TokenRequest | undefined
    let outcome: Pick<AuditFacts, 'status' | 'account' | 'decisions' | 'issued' | 'error'>
    try {
      ip = clientAddress(context.req)
      request = await parse(context, ip, clientCertificate)
      assertServed(request.service, token.services)
      const { identity, scopes, proof }: Decision = await decide(services, id, request, decided)
      const { kept } = proof
      const signed = await sign(token, identity, request.service, scopes, clock.now(), kept?.expires)
      const refresh = await refreshTokenFor(request, proof, tokens, log)
      respondToken(context, signed, refresh?.secret, request.issuedTokenType)
      outcome = { status: context.status, account: identity.account, decisions: scopes, issued: refresh?.id }
    } catch (error) {
      outcome = { status: respondError(context, error, token.issuer), error }
    }
    audit(log, { id, ip, request, ...decided, ...outcome, duration: performance.now() - began })
  }
}
