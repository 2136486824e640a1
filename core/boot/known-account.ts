// Asks an authenticator whether it knows an account, before a token for it is made.
import { randomUUID } from 'node:crypto'
import { RequestContext } from '../request/context.ts'
import { anonymousRequest } from '../request/parse.ts'
import { lookAgain } from '../request/redeem.ts'
import type { PersonalOrder } from '../token/refresh.ts'
import type { Services } from './container.ts'

/**
 * @returns undefined for a known account and for a robot account; otherwise what the authenticator said
 * @throws Error when there is no such authenticator, it can't look at accounts again, or it could not be asked
 */
export async function whyNotKnown(
  { container, chains }: Services,
  { account, authenticator, labels }: PersonalOrder,
): Promise<string | undefined> {
  if (authenticator === undefined) return undefined
  const instance = chains.authenticators.find(({ id }) => id === authenticator)
  if (!instance) {
    const ids = chains.authenticators.map(({ id }) => id).join(', ')
    throw new Error(`--authenticator ${JSON.stringify(authenticator)} is not configured; there is ${ids}`)
  }
  if (!instance.implementation.refresh) {
    throw new Error(
      `--authenticator ${authenticator} can not say later whether the account is still good; leave it out to make a robot account, with --label for its labels`,
    )
  }
  const context = new RequestContext(container, randomUUID(), anonymousRequest('dockwarden token create'))
  const answer = await lookAgain(instance, { account, labels }, undefined, context)
  if (answer.outcome === 'accept') return undefined
  return `${authenticator}: ${answer.outcome === 'reject' ? answer.reason : `it does not know ${account}`}`
}
