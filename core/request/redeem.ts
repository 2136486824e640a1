// The second step for who comes with a refresh token or a personal access token: is it good, and is its account still?
import { type JsonValue, toLabels } from '../contract/index.ts'
import type { KeptToken } from '../store/contract.ts'
import { type TokenKeeper, TokenRefused } from '../token/refresh.ts'
import type { SecretToken } from '../token/secret-token.ts'
import { type Answer, type DecidedBy, type Proof, readAnswer } from './authenticate.ts'
import type { RequestContext } from './context.ts'
import type { TokenCredentials } from './credentials.ts'
import { RequestError, unauthorized, unavailable } from './errors.ts'
import { type Instance, nameOf } from './instance.ts'

/**
 * Redeems a token. One message for whatever is wrong with it: the reason is for the log alone.
 *
 * @throws RequestError 400 or 401 when the token is good for nothing; 503 when the store or its authenticator could not be asked
 */
export async function redeem(
  credentials: TokenCredentials,
  tokens: TokenKeeper,
  authenticators: readonly Instance<'authenticator'>[],
  context: RequestContext,
  decided: DecidedBy,
): Promise<Proof> {
  const { kind, account, token } = credentials
  try {
    if (!token) throw new TokenRefused('the text is no token of this server')
    const claim = { kind, account, service: context.request.service }
    const found = await stored(() => tokens.find(token, claim))
    const kept = { ...found, labels: toLabels(found.labels) }
    decided.token = kept.id
    decided.account = kept.account
    if (kept.authenticator === undefined) return await redeemRobot(token, kept, tokens)
    return await redeemAccount(
      { token, kept, authenticator: kept.authenticator },
      tokens,
      authenticators,
      context,
      decided,
    )
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error
    decided.token = error.about.id
    decided.account = error.about.account
    throw refusal(credentials, error)
  }
}

function refusal({ kind, refusal: status }: TokenCredentials, reason: TokenRefused): RequestError {
  if (kind === 'personal') return unauthorized('wrong user name or password', reason)
  const message = 'the refresh token is not good, or not any more; log in again'
  return status === 401
    ? unauthorized(message, reason)
    : new RequestError(400, 'UNAUTHORIZED', 'invalid_grant', message, reason)
}

/** A robot account has nobody who vouches for it but its token, and the labels of that alone. */
async function redeemRobot(token: SecretToken, kept: KeptToken, tokens: TokenKeeper): Promise<Proof> {
  await stored(() => tokens.noteUse(token, kept))
  const identity = { account: kept.account, labels: kept.labels, authenticator: ROBOT }
  return { identity, kept, robot: true, verified: true, session: undefined }
}

/** What stands for the authenticator's id of a robot account. */
const ROBOT = 'token'

interface Held {
  readonly token: SecretToken
  readonly kept: KeptToken
  readonly authenticator: string
}

async function redeemAccount(
  { token, kept, authenticator }: Held,
  tokens: TokenKeeper,
  authenticators: readonly Instance<'authenticator'>[],
  context: RequestContext,
  decided: DecidedBy,
): Promise<Proof> {
  decided.authenticator = authenticator
  const refuse = (reason: string) => new TokenRefused(reason, kept)
  const instance = authenticators.find(({ id }) => id === authenticator)
  if (!instance) throw refuse('its authenticator is no longer configured')
  if (instance.plugin !== kept.plugin) throw refuse('its authenticator is another plugin now')
  const session = sessionOf(tokens, token, kept)
  if (!instance.implementation.refresh) {
    tokens.assertVerifiedLately(kept)
    await stored(() => tokens.noteUse(token, kept))
    const identity = { account: kept.account, labels: kept.labels, authenticator }
    return { identity, plugin: instance.plugin, kept, robot: false, verified: false, session }
  }
  const answer = await lookAgain(instance, kept, session, context)
  if (answer.outcome !== 'accept') {
    const reason = answer.outcome === 'reject' ? answer.reason : 'it does not know the account'
    throw refuse(`its authenticator: ${reason}`)
  }
  const { identity } = answer
  if (identity.account !== kept.account) throw refuse('its authenticator: the account has another name now')
  // A session that is made on demand is the one of the login. Without a login there is none: a personal access token, and
  // what is got with it, is about the account, not about its password.
  const ofLogin = kept.kind === 'refresh' && kept.parent === undefined
  const renewed = ofLogin && typeof answer.session !== 'function' ? answer.session : undefined
  await stored(() =>
    tokens.noteUse(token, kept, renewed === undefined ? undefined : { now: renewed, before: session }),
  )
  return {
    identity,
    plugin: instance.plugin,
    kept,
    robot: false,
    verified: true,
    session: renewed ?? session,
  }
}

function sessionOf(tokens: TokenKeeper, token: SecretToken, kept: KeptToken): JsonValue | undefined {
  try {
    return tokens.sessionOf(token, kept)
  } catch {
    throw new TokenRefused('what the store holds of it was changed', kept)
  }
}

/**
 * Asks an authenticator about an account that it accepted earlier.
 *
 * @throws RequestError 503 when it could not be asked
 */
export async function lookAgain(
  instance: Instance<'authenticator'>,
  { account, labels }: Pick<KeptToken, 'account' | 'labels'>,
  session: JsonValue | undefined,
  context: RequestContext,
): Promise<Answer> {
  try {
    const held = { account, labels, ...(session !== undefined && { session }) }
    const outcome = await context.call(instance, (scope) => instance.implementation.refresh!(held, scope))
    return readAnswer(outcome, instance, account)
  } catch (error) {
    instance.log.error({ request: context.id, err: error }, 'authenticator could not be asked')
    throw unavailable(new Error(`${nameOf(instance)}: ${(error as Error)?.message ?? error}`))
  }
}

/** Whatever goes wrong with the store is an outage; what it says of the token is not. */
async function stored<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TokenRefused) throw error
    throw unavailable(new Error(`token store: ${(error as Error)?.message ?? error}`))
  }
}
