// The parameters of a URL or a form (application/x-www-form-urlencoded), read strictly: what a lenient reader repairs, or takes
// for one parameter, was meant as something else.
import { malformed } from './errors.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * @param where names the place in errors: `form`, `query of the URL`
 * @throws RequestError 400 for bad percent-encoding, for what is no UTF-8, and for a semicolon, which some take for a separator
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
export function readParameters(bytes: Uint8Array, where: string): URLSearchParams {
  let text: string
  try {
    text = UTF8.decode(bytes)
    // Throws where URLSearchParams would leave a % as it is, or put in U+FFFD.
    decodeURIComponent(text)
  } catch {
    throw malformed(`the ${where} has bad percent-encoding, or is not UTF-8`)
  }
  if (text.includes(';')) throw malformed(`the ${where} has a semicolon; write %3B, or & between parameters`)
  return new URLSearchParams(text)
}

/** Printable ASCII in which nothing is encoded, and nothing else could be meant. */
const PLAIN = /^[!-$&-:<-~]*$/

/** The parameters of a request's URL. @param url as Node has it: one character a byte */
export function readQuery(url: string): URLSearchParams {
  const mark = url.indexOf('?')
  const query = mark === -1 ? '' : url.slice(mark + 1)
  if (PLAIN.test(query)) return new URLSearchParams(query)
  return readParameters(Buffer.from(query, 'latin1'), 'query of the URL')
}
