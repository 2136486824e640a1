// A client of the load: one request on a connection of its own, from an address of its own, and what became of it.
import { request } from 'node:http'
import { basic, encode, type HttpQuestion } from '../test/support/http-question.ts'

/** docker's client gives up then. */
const CLIENT_PATIENCE = 15_000

/** A request, and who sends it. */
export interface Question extends HttpQuestion {
  readonly port: number
  /** The client's address, one of 127.0.0.0/8. */
  readonly from: string
  /** Milliseconds that the client waits. */
  readonly patience?: number
  /** The client leaves then. */
  readonly leave?: AbortSignal
}

/** What a client saw. */
export interface Answer {
  /** 0 when there was none. */
  readonly status: number
  /** Milliseconds until the whole answer was there, or until the client gave up. */
  readonly ms: number
  /** When the request was sent: milliseconds since the epoch. */
  readonly at: number
  readonly text: string
  readonly retryAfter: string | undefined
}

/** The address of the client with this number: 127.0.0.2, 127.0.0.3, ... */
export function addressOf(client: number): string {
  return `127.0.${Math.floor(client / 250)}.${2 + (client % 250)}`
}

/** The address of somebody who has no part in the load. */
export function bystanderAddress(number: number): string {
  return `127.1.0.${2 + number}`
}

/** Asks, and never fails: no answer is an answer of status 0, whose text is the reason. */
export function ask(question: Question): Promise<Answer> {
  const { port, from, patience = CLIENT_PATIENCE, path = '/auth', query, form, user, headers } = question
  const body = question.body ?? (form && encode(form))
  const at = Date.now()
  const began = performance.now()
  return new Promise((resolve) => {
    const end = (status: number, text: string, retryAfter?: string) => {
      clearTimeout(overdue)
      resolve({ status, ms: performance.now() - began, at, text, retryAfter })
    }
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        localAddress: from,
        agent: false,
        ...(question.leave && { signal: question.leave }),
        method: question.method ?? (form ? 'POST' : 'GET'),
        path: query ? `${path}?${encode(query)}` : path,
        headers: {
          ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
          ...(user && { authorization: basic(...user) }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => end(response.statusCode!, text, response.headers['retry-after']))
        response.on('error', (error) => end(0, nameOf(error)))
      },
    )
    sent.on('error', (error) => end(0, nameOf(error)))
    const overdue = setTimeout(() => {
      end(0, `no answer in ${patience / 1000} s`)
      sent.destroy()
    }, patience)
    sent.end(body)
  })
}

function nameOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message
}
