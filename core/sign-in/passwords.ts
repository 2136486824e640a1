// What a sign-in hands out: personal access tokens, which people know as their passwords for `docker login`, and the browser's own token.
import type { AuthnOutcome, Clock } from '../contract/index.ts'
import { isForbiddenAccount } from '../request/account.ts'
import { type Answer, onDemand, readAnswer } from '../request/authenticate.ts'
import type { RequestContext } from '../request/context.ts'
import { MAX_ACCOUNT } from '../request/credentials.ts'
import { RequestError } from '../request/errors.ts'
import type { Instance } from '../request/instance.ts'
import { newSession } from '../request/sign-in-sessions.ts'
import { stored } from '../request/stored.ts'
import type { KeptToken } from '../store/contract.ts'
import type { TokenKeeper } from '../token/refresh.ts'
import type { SecretToken } from '../token/secret-token.ts'
import type { SignInPoint } from './point.ts'

/** How long a browser can show and revoke passwords without signing in again, in milliseconds. */
const BROWSER_MS = 3_600_000

/** What was handed out. */
export interface HandedOut {
  readonly account: string
  readonly password: SecretToken
  readonly browser: SecretToken
  /** Milliseconds since the epoch; undefined = never. */
  readonly expires: number | undefined
  /** Whether the provider can be asked later. */
  readonly lasting: boolean
}

/** @throws RequestError 403 when the answer is no accept of an account that registry clients can send; or whatever the store throws */
export async function handOut(
  { instance, signIn }: SignInPoint,
  outcome: AuthnOutcome,
  context: RequestContext,
  tokens: TokenKeeper,
  clock: Clock,
): Promise<HandedOut> {
  if (outcome.outcome === 'accept') assertUsable(outcome.account ?? '', signIn.title)
  const answer = readAnswer(outcome, instance, '')
  if (answer.outcome !== 'accept') {
    const reason = answer.outcome === 'reject' ? answer.reason : 'the account is not known here'
    throw refused(`${signIn.title}: ${reason}`)
  }
  const { account, labels } = answer.identity
  const session = await sessionOf(answer, instance, context)
  const now = clock.now()
  const lasting = session !== undefined
  const ends = [signIn.passwordLifetime, lasting ? undefined : signIn.revalidateAfter].filter(
    (ms) => ms !== undefined,
  )
  const expires = ends.length > 0 ? now + Math.min(...ends) : undefined
  const whose = { account, authenticator: instance.id, plugin: instance.plugin }
  const order = {
    ...whose,
    labels,
    session: newSession(now, labels, session),
    ...(expires !== undefined && { expires }),
  }
  const password = await stored(() => tokens.personalToken(order))
  const browser = await stored(() => tokens.browserToken({ ...whose, expires: now + BROWSER_MS }))
  return { account, password, browser, expires, lasting }
}

async function sessionOf(
  answer: Extract<Answer, { outcome: 'accept' }>,
  instance: Instance,
  context: RequestContext,
) {
  const session = onDemand(answer.session, instance, context)
  return typeof session === 'function' ? await session() : session
}

function assertUsable(account: string, title: string): void {
  if (
    account === '' ||
    account.length > MAX_ACCOUNT ||
    account.includes(':') ||
    isForbiddenAccount(account)
  ) {
    throw refused(
      `${title} gives an account name that registry clients can not send; the operator can choose another one`,
    )
  }
}

function refused(message: string): RequestError {
  return new RequestError(403, 'DENIED', 'invalid_grant', message)
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
