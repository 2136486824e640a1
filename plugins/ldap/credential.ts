// What the directory says of an entry's credential, kept with a refresh token: with another password, the token is over.
import { type JsonValue, type Log, type Passwords, z } from '../../core/plugin.ts'
import { bytesOf, type Entry, valuesOf } from './entry.ts'
import { fileTime, timeOf, unitOf } from './times.ts'

/** Active Directory and Samba, OpenLDAP and others with ppolicy, FreeIPA and MIT Kerberos, 389, Samba's old schema, POSIX. */
export const CREDENTIAL_ATTRIBUTES: readonly string[] = [
  'pwdLastSet',
  'pwdChangedTime',
  'krbLastPwdChange',
  'pwdUpdateTime',
  'sambaPwdLastSet',
  'shadowLastChange',
]

/** By attribute, in lower case. A time is a file time in decimal; of everything else there is a digest. */
const TEXTS = z.record(z.string(), z.string())
const STAMP = z.object({
  /** When it was first taken, as a file time. */
  since: z.string(),
  times: TEXTS,
  others: TEXTS,
})

interface Stamp {
  readonly since: string
  readonly times: ReadonlyMap<string, string>
  readonly others: ReadonlyMap<string, string>
}

function readStamp(session: JsonValue | undefined): Stamp | undefined {
  const { data } = STAMP.safeParse(session)
  return (
    data && {
      ...data,
      times: new Map(Object.entries(data.times)),
      others: new Map(Object.entries(data.others)),
    }
  )
}

function toSession({ since, times, others }: Stamp): JsonValue {
  return { since, times: Object.fromEntries(times), others: Object.fromEntries(others) }
}

/** What a look at an entry comes to: the attribute that has changed, or what is to be kept from now on. */
export type Look = { readonly changed: string } | { readonly session: JsonValue }

export interface Credentials {
  /** The attributes to read with an entry. */
  readonly attributes: readonly string[]
  /** What is to be kept of a login. */
  stamp(entry: Entry): JsonValue
  /** Whether an entry tells when its password was changed, or whether it was. */
  isTold(entry: Entry): boolean
  /**
   * Compares an entry with what was kept.
   *
   * @param session undefined = nothing was: then the entry is taken as it is
   */
  compare(entry: Entry, session: JsonValue | undefined): Look
}

/**
 * @param named as the options name them; undefined = the usual ones
 */
export function openCredentials(
  named: readonly string[] | undefined,
  { log, passwords, clock }: { log: Log; passwords: Passwords; clock: { now(): number } },
): Credentials {
  const attributes = named ?? CREDENTIAL_ATTRIBUTES
  const missed = new Set<string>()

  /** Notes an attribute that is missing: a directory has one or two of the usual ones. */
  function miss(name: string): void {
    if (missed.has(name)) return
    missed.add(name)
    log.warn(
      { attribute: name },
      'the directory does not tell this credential attribute, so a new password may not end refresh tokens; let bind_dn read it, or correct credential_attributes',
    )
  }

  function read(entry: Entry, kept?: Stamp): Stamp {
    const times = new Map<string, string>()
    const others = new Map<string, string>()
    for (const written of attributes) {
      const name = written.toLowerCase()
      const [text, ...further] = valuesOf(entry, name)
      const time = text !== undefined && further.length === 0 ? timeOf(name, text) : undefined
      const values = bytesOf(entry, name)
      if (time !== undefined) times.set(name, String(time))
      else if (values.length > 0) others.set(name, passwords.fingerprint(values.toSorted().join()))
      else if (named || kept?.times.has(name)) miss(written)
    }
    return { since: String(fileTime(clock.now())), times, others }
  }

  return {
    attributes,
    stamp: (entry) => toSession(read(entry)),
    isTold: (entry) => attributes.some((name) => bytesOf(entry, name).length > 0),
    compare(entry, session) {
      const kept = readStamp(session)
      const found = read(entry, kept)
      if (!kept) return { session: toSession(found) }
      const changed = changeOf(kept, found)
      return changed === undefined ? { session: toSession(together(kept, found)) } : { changed }
    },
  }
}

/** The attribute that says that there is another credential. */
function changeOf(kept: Stamp, found: Stamp): string | undefined {
  for (const [name, text] of found.times) {
    const time = BigInt(text)
    const before = kept.times.get(name)
    // One that was not there at the login, and may be of later, came with a new password.
    if (before === undefined && (kept.others.has(name) || time + unitOf(name) > BigInt(kept.since)))
      return name
    // An older one is of a server that lags behind.
    if (before !== undefined && time > BigInt(before)) return name
  }
  for (const [name, value] of found.others) {
    if (kept.times.has(name) || (kept.others.get(name) ?? value) !== value) return name
  }
  return undefined
}

/** What is known stays as it is, in its order: a session that did not change is not written. */
function together(kept: Stamp, found: Stamp): Stamp {
  const union = (known: ReadonlyMap<string, string>, more: ReadonlyMap<string, string>) =>
    new Map([...known, ...more, ...known])
  return {
    since: kept.since,
    times: union(kept.times, found.times),
    others: union(kept.others, found.others),
  }
}
