// The token endpoint: every step of a request in its order (DESIGN's way of a request, top to bottom).
import type { Context } from 'koa'
import type { DependencyContainer } from 'tsyringe'
import type { Clock, Log } from '../contract/index.ts'
import { type AuditFacts, audit } from './audit.ts'
import type { DecidedBy } from './authenticate.ts'
import type { ClientAddress } from './client-address.ts'
import { parse, type TokenRequest } from './parse.ts'
import { type Chains, type Decision, decide } from './pipeline.ts'
import { respondError, respondToken } from './respond.ts'
import { sign, type TokenSettings } from './sign.ts'

/** What the token endpoint works with, the same for every request. */
export interface EndpointServices {
  readonly container: DependencyContainer
  readonly chains: Chains
  readonly clientAddress: ClientAddress
  readonly token: TokenSettings
  readonly clock: Clock
  readonly log: Log
}

/** Makes the handler of the token endpoint, for GET and POST. */
export function createEndpoint(services: EndpointServices): (context: Context) => Promise<void> {
  const { container, chains, clientAddress, token, clock, log } = services
  return async (context) => {
    const began = performance.now()
    const id: string = context.state.id
    const decided: DecidedBy = {}
    let ip: string | undefined
    let request: TokenRequest | undefined
    let outcome: Pick<AuditFacts, 'status' | 'account' | 'decisions' | 'error'>
    try {
      ip = clientAddress(context.req)
      request = await parse(context, ip)
      const decision: Decision = await decide(container, chains, id, request, decided)
      const issued = await sign(token, decision.identity, request.service, decision.scopes, clock.now())
      respondToken(context, issued)
      outcome = { status: context.status, account: decision.identity.account, decisions: decision.scopes }
    } catch (error) {
      outcome = { status: respondError(context, error, token.issuer), error }
    }
    audit(log, { id, ip, request, ...decided, ...outcome, duration: performance.now() - began })
  }
}
