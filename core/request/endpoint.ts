// The token endpoint: every step of a request in its order, top to bottom.
import type { DependencyContainer } from 'tsyringe'
import { CLOCK, LOG } from '../kit/process.ts'
import { metricsIn } from '../metrics/metrics.ts'
import { TOKEN_KEEPER } from '../token/keeper.ts'
import { AskedByUrl } from './asked.ts'
import { type AuditFacts, audit, GRANTS } from './audit.ts'
import type { ClientAddress } from './client-address.ts'
import type { ClientCertificateOf } from './client-certificate.ts'
import { CLIENT_WATCH } from './client-watch.ts'
import { RequestContext } from './context.ts'
import type { DecidedBy } from './decided.ts'
import { ClientGone } from './errors.ts'
import { refreshTokenFor } from './offline.ts'
import { parse, type Read, type RequestLimits } from './parse.ts'
import { type Decision, decide } from './pipeline.ts'
import { respondError, respondToken } from './respond.ts'
import type { SharedAddress } from './shared-address.ts'
import { assertServed, sign, TOKEN_SETTINGS } from './sign.ts'
import type { TokenContext } from './token-context.ts'
import { type Understood, understand } from './understood.ts'

/** What the token endpoint works with, the same for every request. */
export interface EndpointParts {
  /** The process container; each request gets a child of it. */
  readonly container: DependencyContainer
  readonly clientAddress: ClientAddress
  readonly sharedAddress: SharedAddress
  /** Undefined when clients are not asked for certificates. */
  readonly clientCertificate?: ClientCertificateOf | undefined
  readonly limits: RequestLimits
  /** Whether labels are logged. */
  readonly logLabels: boolean
}

/** Makes the handler of the token endpoint, for GET and POST. */
export function createEndpoint({
  container,
  clientAddress,
  sharedAddress,
  clientCertificate,
  limits,
  logLabels,
}: EndpointParts): (context: TokenContext) => Promise<void> {
  const token = container.resolve(TOKEN_SETTINGS)
  const tokens = container.resolve(TOKEN_KEEPER)
  const clock = container.resolve(CLOCK)
  const log = container.resolve(LOG)
  const metrics = metricsIn(container)
  const clients = container.resolve(CLIENT_WATCH)
  const urls = new AskedByUrl()
  return async (context) => {
    const began = performance.now()
    const { id } = context.state
    const decided: DecidedBy = {}
    let ip: string | undefined
    let request: Understood | undefined
    const read: Read = {}
    let own: RequestContext | undefined
    let stopWatching = () => {}
    let outcome: Pick<AuditFacts, 'status' | 'account' | 'decisions' | 'jti' | 'issued' | 'error'>
    try {
      ip = clientAddress(context.req)
      const parsed = await parse(context, ip, limits, clientCertificate, read, urls)
      request = parsed
      assertServed(parsed.service, token.services)
      const shared = sharedAddress(context.req, ip)
      const asked = new RequestContext(container, id, shared ? { ...parsed, sharedAddress: true } : parsed)
      own = asked
      stopWatching = clients.whenClosed(context.req.socket, () => asked.cancel(new ClientGone()))
      const { identity, scopes, proof }: Decision = await decide(asked, decided)
      const { kept } = proof
      asked.assertWanted()
      const signed = await sign(
        token,
        identity,
        parsed.service,
        scopes,
        asked.leaving,
        clock.now(),
        kept?.expires,
      )
      asked.assertWanted()
      const refreshing = refreshTokenFor(parsed, proof, tokens, log)
      const refresh = refreshing && (await refreshing)
      respondToken(context, signed, refresh?.secret, parsed.issuedTokenType)
      outcome = {
        status: context.status,
        account: identity.account,
        decisions: scopes,
        jti: signed.jti,
        issued: refresh?.id,
      }
    } catch (thrown) {
      // Why it was cancelled says more than what that has broken off.
      const error = own?.cancelled ?? thrown
      const gone = error instanceof ClientGone
      outcome = { status: gone ? error.status : respondError(context, error, token.issuer), error }
      request ??= understand(context.req, read)
    } finally {
      stopWatching()
    }
    const duration = performance.now() - began
    const kind = request?.credentials?.kind
    metrics?.requests.count(outcome.status, kind ? GRANTS[kind] : 'unknown', request?.service, duration)
    await audit(log, { id, ip, request, ...decided, ...outcome, duration }, logLabels)
  }
}
