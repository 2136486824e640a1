// `Authorization: Basic`: a name and a password, of a user or of an OAuth client.
import { unauthorized } from './errors.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export interface Basic {
  readonly name: string
  readonly password: string
}

/**
 * Reads the header. Whatever is malformed is refused, never taken for nothing.
 *
 * @returns undefined when there is nothing on either side of the colon: some clients send that for anonymous
 * @throws RequestError 401
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export function readBasic(header: string): Basic | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1]
  if (encoded === undefined)
    throw unauthorized('the Authorization header is not Basic with user name and password')
  let decoded: string
  try {
    decoded = UTF8.decode(Buffer.from(encoded, 'base64'))
  } catch {
    throw unauthorized('the Basic credentials are not valid UTF-8')
  }
  const colon = decoded.indexOf(':')
  if (colon === -1) throw unauthorized('the Basic credentials have no colon between user name and password')
  if (decoded === ':') return undefined
  return { name: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
