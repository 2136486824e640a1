// Who decided on a request, for its audit line.
import type { Labels } from '../plugin.ts'
import type { RequestContext } from './context.ts'
import type { Instance } from './instance.ts'

/** Who decided, for the audit line, also when the request fails. */
export interface DecidedBy {
  authenticator?: string
  /** Whose the token is that the client came with. */
  owner?: string
  /** The id of the refresh token or personal access token that the client came with. */
  token?: string
  /** The labels of whoever was accepted. */
  labels?: Labels
  /** Every authenticator that was asked, in order, with its outcome. */
  asked?: readonly string[]
  /** Nobody was asked: the network has failed too often for this account, or for too many accounts. */
  throttled?: 'account' | 'network'
}

/** Notes for the audit line what an authenticator said. */
export function noteAsked(context: RequestContext, { id }: Instance, outcome: string): void {
  context.asked.push(`${id}: ${outcome}`)
}
