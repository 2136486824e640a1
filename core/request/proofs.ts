// Notes what a request shows to prove something, before anything is said of it: no log line about the request may repeat it.
import { noteSecret } from '../kit/request-secrets.ts'
import { isProof } from './shown.ts'

/**
 * Notes the secrets among the parameters of a query or a form, also of grants that we don't know.
 *
 * @example noteProofs(new URLSearchParams('client_secret=s3cret'))
 */
export function noteProofs(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) if (isProof(name)) noteSecret(value)
}

/** Notes the secrets in an Authorization header, readable or not. */
export function noteAuthorization(header: string): void {
  // Without the scheme, when there is one.
  const shown = header.slice(header.indexOf(' ') + 1).trim()
  noteSecret(shown)
  const decoded = Buffer.from(shown, 'base64').toString('utf8')
  noteSecret(decoded.slice(decoded.indexOf(':') + 1))
}
