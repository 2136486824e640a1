// The first thing that a password meets: may it be tried now, and was the same refused a moment ago?
import { Busy, type Credentials } from '../plugin.ts'
import { type Asking, type Gate, GUARD, Throttled, type Try } from '../work/guard/gate.ts'
import { networkOf } from '../work/network.ts'
import type { RequestContext } from './context.ts'
import type { DecidedBy } from './decided.ts'
import { ClientGone, TooEarly, unavailable, WrongPassword } from './errors.ts'
import type { Instance } from './instance.ts'
import { serviceOf } from './services.ts'

/**
 * Lets the authenticators be asked about a password, unless it is too early. A throttled request learns nothing: nobody looks at
 * its password.
 *
 * @param prove asks them
 * @throws TooEarly; what `prove` throws
 */
export async function guarded<T>(
  credentials: Credentials,
  authenticators: readonly Instance<'authenticator'>[],
  context: RequestContext,
  decided: DecidedBy,
  prove: () => Promise<T>,
): Promise<T> {
  const asking = askingFor(credentials, context)
  const gate = serviceOf(context.services, GUARD)
  const attempt = gate.admitNow?.(asking) ?? (await admitted(gate, asking, context, decided))
  const others = () => dependsOn(authenticators, context)
  try {
    const by = attempt.refusedBy(others)
    if (by !== undefined) throw refusedBefore(by, context, decided)
    const proof = await prove()
    const cleared = attempt.succeeded()
    if (cleared) await cleared
    return proof
  } catch (error) {
    const again = error instanceof RefusedBefore
    if (error instanceof WrongPassword && error.by !== undefined && !again) attempt.reject(error.by, others)
    // Who leaves before the answer has had the try.
    if (error instanceof WrongPassword || error instanceof ClientGone) await attempt.failed(!again)
    throw error
  } finally {
    attempt.leave()
  }
}

function askingFor({ account, password }: Credentials, { request, leaving, left }: RequestContext): Asking {
  const { client, sharedAddress } = request
  const shared = sharedAddress === true || client.ip === undefined
  return { account, password, network: networkOf(client.ip), shared, leaving, left }
}

async function admitted(
  gate: Gate,
  asking: Asking,
  context: RequestContext,
  decided: DecidedBy,
): Promise<Try> {
  try {
    return await gate.admit(asking)
  } catch (error) {
    context.assertWanted()
    if (error instanceof Busy) throw unavailable(error)
    if (!(error instanceof Throttled)) throw error
    decided.throttled = error.of
    throw new TooEarly(TOO_MANY[error.of], error.retryAfter)
  }
}

/** Nobody was asked. */
class RefusedBefore extends WrongPassword {}

const TOO_MANY = {
  account: 'too many wrong passwords for this account from your network',
  network: 'too many accounts failed to log in from your network',
}

function refusedBefore(by: string, context: RequestContext, decided: DecidedBy): RefusedBefore {
  decided.authenticator = by
  context.asked.push(`${by}: refused before`)
  return new RefusedBefore(by)
}

/** What an answer depends on besides account and password. Some authenticators look at more than account and password; and a reload may have put others in their place. */
function dependsOn(
  authenticators: readonly Instance<'authenticator'>[],
  { request: { client, service } }: RequestContext,
): string {
  const asked = authenticators.map(({ incarnation }) => incarnation)
  const onPasswordAlone = authenticators.every(
    ({ implementation }) => implementation.answersFrom === 'password',
  )
  return JSON.stringify(
    onPasswordAlone ? asked : [...asked, client.ip, service, client.certificate?.fingerprint],
  )
}
