// The OAuth client: which program sends a form. When the form says who the user is, a Basic header beside it names the program
// (RFC 6749, 2.3.1 and 4.3.2). It is written down, and asked of nobody: programs are not registered here.
import { Secret } from '../plugin.ts'
import { readBasic } from './basic.ts'
import { assertUserName } from './credentials.ts'
import { malformed } from './errors.ts'

/**
 * @param ids all that the request has as `client_id`
 * @returns what the program calls itself; undefined when the header is somebody's, or names none
 * @throws RequestError 400 for two names, and for two passwords of one name; 401 for a header that can't be read
 */
export function readOAuthClient(
  authorization: string,
  form: URLSearchParams,
  ids: readonly string[],
): string | undefined {
  const client = authorization === '' ? undefined : readBasic(authorization)
  if (!client || client.name === '') return undefined
  const { name, password } = client
  assertUserName(name)
  const names = [name, formDecoded(name)]
  if (ids.some((id) => id !== '' && !names.includes(id)))
    throw malformed('client_id is not the user name of the Basic credentials; leave one of them out')
  if (form.get('username') === name && !new Secret(form.get('password') ?? '').equals(new Secret(password))) {
    throw malformed('the form and the Basic credentials have two passwords for one user name; send one')
  }
  return name
}

/** Clients may encode their name as in a form before it goes into Basic (RFC 6749, 2.3.1). */
function formDecoded(name: string): string {
  return new URLSearchParams(`=${name}`).get('') ?? ''
}
