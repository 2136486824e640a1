// Reads a form body within its limits of size and time.
import type { IncomingMessage } from 'node:http'
import { malformed, RequestError } from './errors.ts'

const MAX_BYTES = 64 * 1024
/** How long a whole request may take to arrive, in milliseconds. */
export const REQUEST_TIMEOUT = 30_000

/**
 * @param timeout milliseconds for the whole body
 * @returns the form's fields; none when the request has no body
 * @throws RequestError 413 too large, 408 too slow, 400 another type of body
 */
export async function readForm(
  request: IncomingMessage,
  timeout = REQUEST_TIMEOUT,
): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const body = await readBody(request, timeout)
  if (body.length === 0) return new URLSearchParams()
  if (type !== 'application/x-www-form-urlencoded') {
    throw malformed('the body must be a form: Content-Type: application/x-www-form-urlencoded')
  }
  return new URLSearchParams(body.toString('utf8'))
}

function readBody(request: IncomingMessage, timeout: number): Promise<Buffer> {
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
      if (size > MAX_BYTES)
        stop(
          new RequestError(413, 'TOO_LARGE', 'invalid_request', `the body has more than ${MAX_BYTES} bytes`),
        )
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
