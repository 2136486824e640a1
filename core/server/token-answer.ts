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
  /** Names and values in turn. */
  readonly #headers: string[] = []

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
    for (let at = 0; at < this.#headers.length; at += 2) {
      if (this.#headers[at] !== name) continue
      this.#headers[at + 1] = value
      return
    }
    this.#headers.push(name, value)
  }

  /** Sends it; who has gone gets none. */
  send(): void {
    const { res, writable } = this.#context
    const { body } = this
    if (body === undefined || !writable) return
    const length = Buffer.byteLength(body)
    res.writeHead(this.status, [...this.#headers, 'Content-Length', String(length)])
    // What has as many bytes as characters is ASCII.
    res.end(body, length === body.length ? 'latin1' : 'utf8')
    this.#context.respond = false
  }
}
