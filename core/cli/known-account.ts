// Asks an authenticator whether it knows an account, before a token for it is made.
import { randomUUID } from 'node:crypto'
import { withDeadline } from '../kit/deadline.ts'
import { NO_LABELS } from '../plugin.ts'
import { RequestContext } from '../request/context.ts'
import { heldOf, lookAgain } from '../request/look-again.ts'
import { anonymousRequest } from '../request/parse.ts'
import { CHAINS } from '../request/pipeline.ts'
import type { Services } from '../server/container.ts'

const READY_DEADLINE_MS = 5_000

/** What an authenticator says of an account: its plugin's name, or why no token is made. */
export type AccountLookup = { readonly plugin: string } | { readonly refusal: string }

/**
 * @param authenticator the id of the instance to ask
 * @throws Error when there is no such authenticator, it can't look at accounts again, or it could not be asked
 */
export async function askAbout(
  account: string,
  authenticator: string,
  { container }: Pick<Services, 'container'>,
): Promise<AccountLookup> {
  const { authenticators } = container.resolve(CHAINS)
  const instance = authenticators.find(({ id }) => id === authenticator)
  if (!instance) {
    const ids = authenticators.map(({ id }) => id).join(', ')
    throw new Error(`--authenticator ${JSON.stringify(authenticator)} is not configured; there is ${ids}`)
  }
  const { implementation, plugin } = instance
  if (!implementation.refresh) {
    throw new Error(
      `--authenticator ${authenticator} can not say later whether the account is still good; leave it out to make a robot account, with --label for its labels`,
    )
  }
  const context = new RequestContext(container, randomUUID(), anonymousRequest('dockwarden token create'))
  try {
    // A plugin may connect there.
    await withDeadline(Promise.resolve(implementation.ready?.()), READY_DEADLINE_MS, 'it is not ready')
    const answer = await lookAgain(instance, heldOf({ account, labels: NO_LABELS }, undefined), context)
    if (answer.outcome !== 'accept') {
      const reason =
        answer.outcome === 'reject' ? answer.reason : `it does not know ${JSON.stringify(account)}`
      return { refusal: `${authenticator}: ${reason}` }
    }
    const { account: own } = answer.identity
    return own === account
      ? { plugin }
      : { refusal: `${authenticator} calls the account ${JSON.stringify(own)}; use that name` }
  } catch (error) {
    const { message, cause } = error as Error
    throw new Error(
      `--authenticator ${authenticator} could not be asked: ${cause instanceof Error ? cause.message : message}`,
    )
  }
}
