// Reads a form body within its limits of size and time.
import type { IncomingMessage } from 'node:http'
import { MIMEType } from 'node:util'
import { malformed, quote, RequestError, unsupportedMedia } from './errors.ts'
import { readParameters } from './parameters.ts'

/** How long a whole request may take to arrive, in milliseconds. */
export const REQUEST_TIMEOUT = 30_000
const FORM = 'application/x-www-form-urlencoded'
const UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8'])

/**
 * Reads the body of a POST. What can't be read as a form is refused: whoever sent it must not be taken for somebody who sent nothing.
 *
 * @param most the most bytes that it may have
 * @param timeout milliseconds for the whole body
 * @returns the form's fields; none when the request has no body
 * @throws RequestError 413 too large, 408 too slow, 415 encoded, or in another charset, 400 another type of body or a broken one
 */
export async function readForm(
  request: IncomingMessage,
  most: number,
  timeout = REQUEST_TIMEOUT,
): Promise<URLSearchParams> {
  const body = await readBody(request, most, timeout)
  assertNotEncoded(request)
  if (body.length > 0) assertForm(request.headers['content-type'] ?? '')
  return readParameters(body, 'form')
}

/**
 * @returns what is to be waited for, when the request does not tell how long its body is
 * @throws RequestError 413 for a body that is too large, 400 for one where nobody would read it
 */
export function assertNoBody(request: IncomingMessage, most: number): Promise<void> | undefined {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  const assertEmpty = (bytes: number) => {
    if (bytes > 0) throw malformed(`a ${request.method} has no body; send a form with POST`)
  }
  // Some proxies announce a body of unknown length for a request without one.
  if (encoding !== undefined)
    return readBody(request, most, REQUEST_TIMEOUT).then((body) => assertEmpty(body.length))
  assertEmpty(Number(length))
  return undefined
}

function assertNotEncoded({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? ''
  const others = encoding.split(',').filter((name) => !/^\s*(identity)?\s*$/i.test(name))
  if (others.length > 0) {
    throw unsupportedMedia(`the form has the Content-Encoding ${quote(encoding)}; send it as it is`)
  }
  const transfer = headers['transfer-encoding'] ?? 'chunked'
  if (transfer.toLowerCase() !== 'chunked')
    throw unsupportedMedia(`the form has the Transfer-Encoding ${quote(transfer)}; use chunked alone`)
}

function assertForm(header: string): void {
  const type = mimeType(header)
  if (type?.essence !== FORM) throw malformed(`the body must be a form: Content-Type: ${FORM}`)
  const charset = type.params.get('charset') ?? 'utf-8'
  if (!UTF8.has(charset.toLowerCase()))
    throw unsupportedMedia(`the form has the charset ${quote(charset)}; use UTF-8`)
}

function mimeType(header: string): MIMEType | undefined {
  try {
    return new MIMEType(header)
  } catch {
    return undefined
  }
}

/**
 * Reads a whole body.
 *
 * @param most the most bytes that it may have
 * @param timeout milliseconds
 * @throws RequestError 413 too large, 408 too slow, 400 when it ends too early
 */
export function readBody(request: IncomingMessage, most: number, timeout: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (error: Error) => {
      clearTimeout(timer)
      request.off('data', take)
      request.resume()
      reject(error)
    }
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size > most)
        stop(new RequestError(413, 'TOO_LARGE', 'invalid_request', `the body has more than ${most} bytes`))
      else chunks.push(chunk)
    }
    const timer = setTimeout(
      () => stop(new RequestError(408, 'TIMEOUT', 'invalid_request', 'the body did not arrive in time')),
      timeout,
    )
    request.on('data', take)
    request.once('end', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks))
    })
    request.once('error', () => stop(malformed('the body ended too early')))
  })
}
