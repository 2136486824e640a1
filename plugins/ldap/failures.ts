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
  const remedy = remedyFor(code, said)
  return new LdapRefusal(
    code,
    `LDAP result ${code} (${what}${said ? `: ${said.slice(0, MAX_SAID)}` : ''})${remedy ? `; ${remedy}` : ''}`,
  )
}

/** What the server wants besides a right name and password. */
const WANTS: ReadonlyMap<number, string> = new Map(
  [8, 13].map((code) => [
    code,
    'the server wants an encrypted connection: write starttls: true, or ldaps:// in servers',
  ]),
)

function remedyFor(code: number, said: string): string | undefined {
  // Active Directory's, of whoever searches as nobody.
  if (code === 1 && /successful bind/i.test(said))
    return 'the server lets nobody search anonymously: write bind_dn'
  return WANTS.get(code)
}

/**
 * What Active Directory means by the number in its refusal of a bind.
 *
 * @see https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--1300-1699-
 */
const DATA: ReadonlyMap<string, string> = new Map([
  ['525', 'there is no such account'],
  ['52e', 'the password is wrong'],
  ['52f', 'the account is restricted'],
  ['530', 'the account may not log in at this time'],
  ['531', 'the account may not log in from this machine'],
  ['532', 'the password has expired'],
  ['533', 'the account is disabled'],
  ['569', 'the account may not log in over the network'],
  ['701', 'the account has expired'],
  ['773', 'the password must be changed before the next login'],
  ['775', 'the account is locked after too many wrong passwords'],
])

/** @returns why Active Directory refuses a bind; undefined for other servers and reasons */
export function activeDirectoryReason({ code, message }: LdapRefusal): string | undefined {
  const [, data = ''] = (code === 49 ? /\bdata ([\da-f]+)\b/i.exec(message) : null) ?? []
  return DATA.get(data.toLowerCase())
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
