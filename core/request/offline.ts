// A refresh token for whoever asked for one: the same one again, or a new one.
import { type Log, NotRenewable } from '../plugin.ts'
import type { TokenKeeper } from '../token/keeper.ts'
import type { SecretToken } from '../token/secret-token.ts'
import type { Proof } from './authenticate.ts'
import { unavailable } from './errors.ts'
import type { TokenRequest } from './parse.ts'

/**
 * @returns undefined when none was asked for, or there is none to be had: anonymous clients, refresh tokens are off, or one could
 *   never be used
 * @throws RequestError 503 when it could not be kept
 */
export function refreshTokenFor(
  request: TokenRequest,
  proof: Proof,
  tokens: TokenKeeper,
  log: Log,
): Promise<SecretToken | undefined> | undefined {
  return request.offline && proof.identity.account !== '' ? make(request, proof, tokens, log) : undefined
}

async function make(
  { credentials, service, client }: TokenRequest,
  { identity, instance, verified, session, kept: parent, robot }: Proof,
  tokens: TokenKeeper,
  log: Log,
): Promise<SecretToken | undefined> {
  // Never another one: most clients would go on with the first.
  if (credentials.kind === 'refresh') return credentials.token
  try {
    const kept = typeof session === 'function' ? await session() : session
    if (kept instanceof NotRenewable) {
      const { account, authenticator } = identity
      log.warn({ account, authenticator, reason: kept.reason }, 'no refresh token: it could never be used')
      return undefined
    }
    return await tokens.refreshToken({
      account: identity.account,
      service,
      client: client.id,
      authenticator: robot ? undefined : identity.authenticator,
      plugin: instance?.plugin,
      verified,
      labels: identity.labels,
      session: kept,
      parent,
    })
  } catch (error) {
    const message = `no refresh token could be made: ${(error as Error)?.message ?? error}`
    throw unavailable(new Error(message, { cause: error }))
  }
}
