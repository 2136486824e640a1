// What can go wrong with a server, in words for the person who reads the log. Never a password.
import type { ResultCodeError } from 'ldapts'
import { networkReason } from '../../core/plugin.ts'

/** The server could not be asked: not reached, not trusted, silent. The next server may be. */
export class ServerFailure extends Error {}

/** The server's answer is no: a result code other than success. */
export class LdapRefusal extends Error {
  /** @see https://www.rfc-editor.org/rfc/rfc4511#appendix-A */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }

  /** busy, unavailable, other: it is the server that can't, whatever is asked. */
  get unable(): boolean {
    return this.code === 51 || this.code === 52 || this.code === 80
  }
}

const MAX_SAID = 200

export function refusalOf({ code, name, message }: ResultCodeError): LdapRefusal {
  const said = message
    .replace(/ Code: 0x[0-9a-f]+$/, '')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
  const what = name.replace(/Error$/, '')
  return new LdapRefusal(code, `LDAP result ${code} (${what}${said ? `: ${said.slice(0, MAX_SAID)}` : ''})`)
}

const NAMES = { server: 'the server', address: 'its address in servers', plain: 'ldap://' }

/** The cause in words; the bare code for one that has none. */
export function callFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time'
  const { code } = (error ?? {}) as { code?: unknown }
  const reason = networkReason(error, NAMES)
  // The library tells of a connection that ended without a code.
  return (
    reason ??
    (typeof code === 'string'
      ? `the connection failed (${code})`
      : 'the connection was closed before the answer was complete')
  )
}
