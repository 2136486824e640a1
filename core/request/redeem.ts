// The second step for who comes with a refresh token or a personal access token: is it good, and is its account still?
import { faultOfAccount } from '../contract/account.ts'
import { type Identity, isAccountName, NotRenewable, toLabels } from '../plugin.ts'
import type { KeptToken } from '../store/token-store.ts'
import { parentSession, type TokenKeeper } from '../token/keeper.ts'
import { TokenRefused } from '../token/refused.ts'
import type { SecretToken } from '../token/secret-token.ts'
import type { Proof } from './authenticate.ts'
import type { AuthnAnswer } from './authn-answer.ts'
import type { RequestContext } from './context.ts'
import type { OwnTokenCredentials } from './credentials.ts'
import type { DecidedBy } from './decided.ts'
import { RequestError, unauthorized, WRONG_CREDENTIALS } from './errors.ts'
import type { Instance } from './instance.ts'
import { heldOf, lookAgain } from './look-again.ts'
import type { SessionHolder } from './sealed-session.ts'
import type { SignInSessions } from './sign-in-sessions.ts'
import { stored } from './stored.ts'

/** What tokens are redeemed with. */
export interface Redeemers {
  readonly tokens: TokenKeeper
  readonly sessions: SignInSessions
  readonly authenticators: readonly Instance<'authenticator'>[]
}

/**
 * Redeems a token. One message for whatever is wrong with it: the reason is for the log alone.
 *
 * @throws RequestError 400 or 401 when the token is good for nothing; 503 when the store or its authenticator could not be asked
 */
export async function redeem(
  credentials: OwnTokenCredentials,
  redeemers: Redeemers,
  context: RequestContext,
  decided: DecidedBy,
): Promise<Proof> {
  const { kind, account, token } = credentials
  const { tokens } = redeemers
  try {
    if (!token) throw new TokenRefused('the text is no token of this server')
    // Whose it is comes below: its authenticator knows which names are one account.
    const claim = { kind, account: '', service: context.request.service }
    const found = await stored(() => tokens.find(token, claim))
    const kept = { ...found, labels: toLabels(found.labels) }
    decided.token = kept.id
    decided.owner = kept.account
    // What is a name now need not have been one to the version that made the token.
    const fault = faultOfAccount(kept.account)
    if (fault) throw new TokenRefused(`its account ${fault}`, kept)
    const named = account === '' ? kept.account : account
    if (kept.authenticator === undefined) {
      assertExactly(named, kept)
      return await redeemRobot(token, kept, tokens)
    }
    decided.authenticator = kept.authenticator
    return await redeemAccount({ token, kept, named, authenticator: kept.authenticator }, redeemers, context)
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error
    decided.token = error.about.id
    decided.owner = error.about.account
    throw refusal(credentials, error)
  }
}

function refusal({ kind, refusal: status }: OwnTokenCredentials, reason: TokenRefused): RequestError {
  if (kind === 'personal') return unauthorized(reason.remedy ?? WRONG_CREDENTIALS, reason)
  const message = reason.remedy ?? 'the refresh token is not good, or not any more; log in again'
  return status === 401
    ? unauthorized(message, reason)
    : new RequestError(400, 'UNAUTHORIZED', 'invalid_grant', message, reason)
}

/** A robot account has nobody who vouches for it but its token, and the labels of that alone. */
async function redeemRobot(token: SecretToken, kept: KeptToken, tokens: TokenKeeper): Promise<Proof> {
  await stored(() => tokens.noteUse(token, kept))
  const identity = identityOf(kept, ROBOT)
  return { identity, kept, robot: true, verified: true, session: undefined }
}

/** What stands for the authenticator's id of a robot account. */
const ROBOT = 'token'

function identityOf({ account, labels }: KeptToken, authenticator: string): Identity {
  return Object.freeze({ account, labels, authenticator })
}

interface Shown {
  readonly token: SecretToken
  readonly kept: KeptToken
  /** Whose it is, as the client writes it. */
  readonly named: string
  readonly authenticator: string
}

async function redeemAccount(
  { token, kept, named, authenticator }: Shown,
  { tokens, sessions, authenticators }: Redeemers,
  context: RequestContext,
): Promise<Proof> {
  const refuse = (reason: string) => new TokenRefused(reason, kept)
  const instance = authenticators.find(({ id }) => id === authenticator)
  if (!instance) throw refuse('its authenticator is no longer configured')
  if (instance.plugin !== kept.plugin) throw refuse('its authenticator is another plugin now')
  const holder = await stored(() => tokens.holderOf(token, kept))
  // A provider compares no names, and who can't be asked doesn't either.
  if (holder || !instance.implementation.refresh) assertExactly(named, kept)
  if (holder) {
    const { identity, provided } = await signedIn(instance, holder, sessions, context)
    await stored(() => tokens.noteUse(token, kept))
    // What is got with it shares its session.
    const session = parentSession(holder.token)
    return { identity, instance, provided, kept, robot: false, verified: true, session }
  }
  const session = tokens.sessionOf(token, kept)
  if (!instance.implementation.refresh) {
    tokens.assertVerifiedLately(kept)
    await stored(() => tokens.noteUse(token, kept))
    const identity = identityOf(kept, authenticator)
    return { identity, instance, kept, robot: false, verified: false, session }
  }
  if (!isAccountName(named)) throw ofAnother(kept)
  const answer = await lookAgain(instance, heldOf({ account: named, labels: kept.labels }, session), context)
  if (named !== kept.account) assertSame(answer, kept)
  const { identity, provided } = stillGood(answer, kept)
  // A session that is made on demand is the one of the login. Without a login there is none: a personal access token, and
  // what is got with it, is about the account, not about its password.
  const ofLogin = kept.kind === 'refresh' && kept.parent === undefined
  const given = answer.outcome === 'accept' ? answer.session : undefined
  const renewed =
    ofLogin && typeof given !== 'function' && !(given instanceof NotRenewable) ? given : undefined
  await stored(() =>
    tokens.noteUse(token, kept, renewed === undefined ? undefined : { now: renewed, before: session }),
  )
  return {
    identity,
    instance,
    provided,
    kept,
    robot: false,
    verified: true,
    session: renewed ?? session,
  }
}

/** @throws TokenRefused when the client says another name than the token's */
function assertExactly(named: string, kept: KeptToken): void {
  if (named !== kept.account) throw ofAnother(kept)
}

/** @param answer about another name than the token's. @throws TokenRefused when that does not mean the token's account */
function assertSame(answer: AuthnAnswer, kept: KeptToken): void {
  if (answer.outcome === 'accept' && answer.identity.account === kept.account) return
  throw ofAnother(
    kept,
    answer.outcome === 'reject' ? `; its authenticator of the name: ${answer.reason}` : '',
  )
}

function ofAnother(kept: KeptToken, why = ''): TokenRefused {
  return new TokenRefused(`the token is of another account${why}`, kept)
}

type Accepted = Extract<AuthnAnswer, { outcome: 'accept' }>

/** The account, by what was kept of its browser sign-in. @throws TokenRefused that says where to go */
async function signedIn(
  instance: Instance<'authenticator'>,
  holder: SessionHolder,
  sessions: SignInSessions,
  context: RequestContext,
): Promise<Accepted> {
  const answer = await sessions.look(instance, holder, context)
  const where = instance.signIn?.redirect.url ?? instance.signIn?.title
  return stillGood(
    answer,
    holder.kept,
    `this password is not good any more; sign in again at ${where} and take a new one`,
  )
}

/** @throws TokenRefused when an answer is no accept of this account */
function stillGood(answer: AuthnAnswer, kept: KeptToken, remedy?: string): Accepted {
  const refuse = (reason: string) => new TokenRefused(`its authenticator: ${reason}`, kept, remedy)
  if (answer.outcome === 'reject') throw refuse(answer.reason)
  if (answer.outcome === 'pass') throw refuse('it does not know the account')
  if (answer.identity.account !== kept.account) throw refuse('the account has another name now')
  return answer
}
