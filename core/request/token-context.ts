// What the token endpoint needs of Koa's context.
import type { IncomingMessage } from 'node:http'

/** A request, and what is answered. */
export interface TokenContext {
  readonly req: IncomingMessage
  readonly method: string
  /** Path and query, as they came. */
  readonly url: string
  readonly state: { readonly id: string }
  status: number
  body?: unknown
  /** A header of the request; an empty text where there is none. */
  get(name: string): string
  /** Sets a header of the answer; in place of one whose name is spelled the same. */
  set(name: string, value: string): void
}
