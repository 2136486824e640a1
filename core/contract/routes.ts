// HTTP that an instance answers itself: `host.route`. Requests and responses are those of the Fetch standard, which Node has.
import type { Log } from './log.ts'

/** HEAD is answered by GET, OPTIONS by nobody. */
export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What is known of a request besides what it says itself. */
export interface RouteVisit {
  /** Names the request in logs. */
  readonly id: string
  /** Where it comes from, as in a token request. */
  readonly ip: string | undefined
  /** A log whose lines carry the request's id. */
  readonly log: Log
}

/**
 * Answers a request.
 *
 * @param request its body is whole and within `server.limits.body`; its signal aborts when the client goes, or the instance's timeout is over
 */
export type RouteHandler = (request: Request, visit: RouteVisit) => Response | Promise<Response>
