// What a sign-in hands out: personal access tokens, which people know as their passwords for `docker login`.
import { isUserName } from '../contract/account.ts'
import { UNPRINTABLE } from '../contract/printable.ts'
import { type Provided, TOKEN_TABLE } from '../kit/token-table.ts'
import { type AuthnOutcome, type JsonValue, type Labels, NotRenewable } from '../plugin.ts'
import { onDemand } from '../request/authenticate.ts'
import { partsOf, readAuthnAnswer } from '../request/authn-answer.ts'
import type { RequestContext } from '../request/context.ts'
import { quote, RequestError } from '../request/errors.ts'
import type { Instance } from '../request/instance.ts'
import { type SealedValue, sealProvided } from '../request/sealed-provided.ts'
import { newSession } from '../request/sealed-session.ts'
import { stored } from '../request/stored.ts'
import type { KeptToken } from '../store/token-store.ts'
import type { TokenKeeper } from '../token/keeper.ts'
import type { PersonalToken } from '../token/secret-token.ts'
import type { SignInPoint } from './point.ts'

/** With more, the one that was not used for the longest time ends. */
const MOST_PASSWORDS = 50

const UNKNOWN = { reason: 'the account is not known here', message: undefined, account: undefined }

/** Who has come back from the provider. */
export interface Person {
  readonly account: string
  readonly labels: Labels
  /** What the authenticator handed on. */
  readonly provided: SealedValue[]
  /** Undefined when the provider can't be asked later. */
  readonly session: JsonValue | undefined
}

/** @throws RequestError 403 when the outcome is no accept of an account that registry clients can send */
export async function personOf(
  { instance, signIn }: SignInPoint,
  outcome: AuthnOutcome,
  handedOn: Provided,
  context: RequestContext,
): Promise<Person> {
  const parts = partsOf(outcome)
  if (parts.outcome === 'accept') assertUsable(parts.account ?? '', signIn.title)
  const answer = readAuthnAnswer(parts as AuthnOutcome, instance, '', handedOn)
  if (answer.outcome !== 'accept') {
    const { reason, message, account } = answer.outcome === 'reject' ? answer : UNKNOWN
    const told =
      message ?? 'this account may not sign in here; if that is wrong, ask the operator of this server'
    throw new SignInRefused(`${signIn.title}: ${told}`, reason, account)
  }
  const session = onDemand(answer.session, instance, context)
  const { account, labels } = answer.identity
  const made = typeof session === 'function' ? await session() : session
  const provided = sealed(answer.provided, instance, context)
  if (!(made instanceof NotRenewable)) return { account, labels, provided, session: made }
  instance.log.warn({ account, reason: made.reason }, 'what is handed out ends with revalidate_after')
  return { account, labels, provided, session: undefined }
}

/** Whoever reads what is too much to be kept is told that it is not there. */
function sealed(provided: Provided, { log }: Instance, { services }: RequestContext): SealedValue[] {
  try {
    return sealProvided(provided, services.resolve(TOKEN_TABLE))
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'claims could not be kept with what is handed out')
    return []
  }
}

function assertUsable(account: string, title: string): void {
  if (isUserName(account)) return
  throw new SignInRefused(
    `${title} gives an account name that registry clients can not send; the operator can choose another one`,
    `the account is ${quote(account)}`,
    undefined,
  )
}

/** Most of what is shown of an account that was refused. */
const MOST_SHOWN = 256

/** 403: the provider has sent somebody who may not come in. */
export class SignInRefused extends RequestError {
  /** Who it was, as far as that is known. */
  readonly account: string | undefined

  /** @param reason for the log */
  constructor(message: string, reason: string, account: string | undefined) {
    super(403, 'DENIED', 'invalid_grant', message, reason === message ? undefined : new Error(reason))
    const isShown = account !== undefined && account.length <= MOST_SHOWN && !UNPRINTABLE.test(account)
    this.account = isShown ? account : undefined
  }
}

/** When a password ends that is handed out now; undefined = never. @param now milliseconds since the epoch */
export function endOf({ session }: Person, { signIn }: SignInPoint, now: number): number | undefined {
  const { passwordLifetime, revalidateAfter } = signIn
  const ends = [passwordLifetime, session === undefined ? revalidateAfter : undefined]
  const given = ends.filter((ms) => ms !== undefined)
  return given.length > 0 ? now + Math.min(...given) : undefined
}

/** Makes a password. @param name what it is for, as the person said */
export async function handOut(
  { account, labels, provided, session }: Person,
  expires: number | undefined,
  { instance }: SignInPoint,
  now: number,
  tokens: TokenKeeper,
  name: string | undefined,
): Promise<PersonalToken> {
  const order = {
    account,
    authenticator: instance.id,
    plugin: instance.plugin,
    labels,
    ...(name !== undefined && { name }),
    session: newSession(now, labels, session, provided),
    ...(expires !== undefined && { expires }),
  }
  return await stored(() => tokens.personalToken(order))
}

/**
 * Makes room for one more password.
 *
 * @param all the passwords of an account
 * @returns those that are left
 */
export async function makeRoom(all: readonly KeptToken[], tokens: TokenKeeper): Promise<KeptToken[]> {
  const longAgo = ({ used, created }: KeptToken) => used ?? created
  const ending = [...all]
    .sort((one, other) => longAgo(one) - longAgo(other))
    .slice(0, Math.max(0, all.length - MOST_PASSWORDS + 1))
  for (const { id, account } of ending) {
    await stored(() => tokens.revoke(id, `${account}, by signing in too often`))
  }
  return all.filter((kept) => !ending.includes(kept))
}

/** The good passwords of an account that this way to sign in vouches for, the newest first. */
export async function passwordsOf(
  account: string,
  { instance }: SignInPoint,
  tokens: TokenKeeper,
): Promise<KeptToken[]> {
  const found: KeptToken[] = []
  await stored(async () => {
    for await (const kept of tokens.list({ account })) {
      if (isOf(kept, account, instance) && (await tokens.whyOver(kept)) === undefined) found.push(kept)
    }
  })
  return found.sort((one, other) => other.created - one.created)
}

function isOf(kept: KeptToken, account: string, { id, plugin }: Instance): boolean {
  return (
    kept.kind === 'personal' &&
    kept.account === account &&
    kept.authenticator === id &&
    kept.plugin === plugin
  )
}
