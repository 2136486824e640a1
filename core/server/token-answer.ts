// The answer of the token endpoint, sent in one piece: to set headers one by one, and to find out what a body is, costs Koa as much as a
// decision.
import type { Context } from 'koa'
import type { TokenContext } from '../request/token-context.ts'

/** What the endpoint sees of Koa's context, in the place of it. */
export class TokenAnswer implements TokenContext {
  readonly req: TokenContext['req']
  readonly method: string
  readonly url: string
  readonly state: TokenContext['state']
  status = 200
  body: string | undefined
  readonly #context: Context
  readonly #headers: Record<string, string> = {}

  constructor(context: Context) {
    this.#context = context
    this.req = context.req
    this.method = context.method
    this.url = context.url
    this.state = context.state as TokenContext['state']
  }

  get(name: string): string {
    return this.#context.get(name)
  }

  set(name: string, value: string): void {
    this.#headers[name] = value
  }

  /** Sends it; who has gone gets none. @param headers what every answer has */
  send(headers: Readonly<Record<string, string>>): void {
    const { res, writable } = this.#context
    const { body } = this
    if (body === undefined || !writable) return
    const length = Buffer.byteLength(body)
    res.writeHead(this.status, { ...headers, ...this.#headers, 'Content-Length': length })
    // What has as many bytes as characters is ASCII.
    res.end(body, length === body.length ? 'latin1' : 'utf8')
    this.#context.respond = false
  }
}
