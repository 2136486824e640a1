// The HTTP of the clients' drivers: sends a request as Go's HTTP client writes it, and keeps what went over the wire.
import { type OutgoingHttpHeaders, request as sendHttp } from 'node:http'
import { basic } from '../../support/http-question.ts'

/** Query or form fields in the order in which a client adds them. */
export type Fields = readonly (readonly [name: string, value: string])[]

export interface Question {
  readonly query?: Fields
  /** Given = POST. */
  readonly form?: Fields
  /** Sent as Basic. */
  readonly user?: readonly [name: string, password: string]
  readonly userAgent: string
  /** Added to the form's media type. */
  readonly charset?: boolean
  /** The form goes without a Content-Length. */
  readonly chunked?: boolean
  /** Milliseconds for the whole exchange. */
  readonly timeout?: number
}

export interface Answer {
  readonly status: number
  /** Such as `401 Unauthorized`. */
  readonly statusText: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** One request and its answer. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<OutgoingHttpHeaders>
  /** The form as it was sent. */
  readonly sent: string
  readonly answer: Answer
}

/** Sends the requests of one client. */
export class Wire {
  readonly exchanges: Exchange[] = []
  /** Passwords and tokens that went over it. */
  readonly secrets = new Set<string>()

  /** Each request's method with the status of its answer, such as `POST 401`. */
  get steps(): string[] {
    return this.exchanges.map(({ method, answer }) => `${method} ${answer.status}`)
  }

  get last(): Exchange {
    return this.exchanges.at(-1)!
  }

  /**
   * @param realm the token endpoint's URL; a query that it has is kept
   * @throws Error when the server can't be reached
   */
  async send(realm: string, question: Question): Promise<Answer> {
    const { query, form, user, userAgent } = question
    const url = query ? withQuery(realm, query) : realm
    const method = form ? 'POST' : 'GET'
    const sent = form ? encode(form) : ''
    const headers = {
      'User-Agent': userAgent,
      ...(form && !question.chunked && { 'Content-Length': String(Buffer.byteLength(sent)) }),
      ...(user && { Authorization: basic(...user) }),
      ...(form && {
        'Content-Type': `application/x-www-form-urlencoded${question.charset ? '; charset=utf-8' : ''}`,
      }),
      'Accept-Encoding': 'gzip',
    }
    this.#remember(user?.[1], ...(form ?? []).filter(([name]) => SECRET.test(name)).map(([, value]) => value))
    const answer = await exchange(url, { method, headers }, sent, question.timeout)
    this.exchanges.push({ method, url, headers, sent, answer })
    this.#remember(...[...answer.body.matchAll(ISSUED)].map(([, value]) => value))
    return answer
  }

  #remember(...secrets: (string | undefined)[]): void {
    for (const secret of secrets) if (secret) this.secrets.add(secret)
  }
}

const SECRET = /^(password|refresh_token)$/
const ISSUED = /"(?:access_token|refresh_token)":"([^"]+)"/g

function exchange(
  url: string,
  options: { method: string; headers: OutgoingHttpHeaders },
  body: string,
  timeout: number | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = timeout === undefined ? undefined : AbortSignal.timeout(timeout)
    const request = sendHttp(url, { ...options, signal, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
      response.on('end', () => {
        const status = response.statusCode!
        resolve({
          status,
          statusText: `${status} ${response.statusMessage}`,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        })
      })
    })
    request.on('error', reject)
    // A write before the end is what makes Node send it in chunks.
    if (body !== '') request.write(body)
    request.end()
  })
}

function withQuery(realm: string, query: Fields): string {
  const url = new URL(realm)
  const text = encode([...url.searchParams, ...query])
  url.search = ''
  return text === '' ? url.href : `${url.href}?${text}`
}

/** Go's form encoding: sorted by name, each name's values in their order. */
function encode(fields: Fields): string {
  const sorted = new URLSearchParams(fields.map(([name, value]) => [name, value]))
  sorted.sort()
  return sorted.toString().replaceAll('*', '%2A').replaceAll('%7E', '~')
}
