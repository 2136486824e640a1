// Whether the directory itself would refuse a bind. Where nobody binds, at a refresh, that has to be read from the entry.
import { type Entry, valuesOf } from './entry.ts'
import { fileTime, readGeneralized } from './times.ts'

const ACCOUNT_DISABLED = 0x2
/** Both say never, as every higher one does. */
const NO_END = 0x7fffffffffffffffn

interface Bar {
  readonly attribute: string
  /** @param now a file time */
  readonly holds: (value: string, now: bigint) => boolean
  readonly why: string
}

/** States that are beyond doubt, whatever the directory's policy is. Others are for the option `disabled`. */
const BARS: readonly Bar[] = [
  {
    attribute: 'userAccountControl',
    holds: (value) => (Number(value) & ACCOUNT_DISABLED) !== 0,
    why: 'the entry is disabled',
  },
  { attribute: 'nsAccountLock', holds: (value) => /^true$/i.test(value), why: 'the entry is disabled' },
  {
    attribute: 'accountExpires',
    holds: (value, now) => {
      const end = /^\d+$/.test(value) ? BigInt(value) : 0n
      return end > 0n && end < NO_END && end <= now
    },
    why: 'the account has expired',
  },
  { attribute: 'krbPrincipalExpiration', holds: isPast, why: 'the account has expired' },
  { attribute: 'pwdEndTime', holds: isPast, why: 'the account has expired' },
  { attribute: 'pwdLastSet', holds: (value) => value === '0', why: 'the password must be changed first' },
  {
    attribute: 'pwdAccountLockedTime',
    // The year 0, which OpenLDAP takes to the minute or to the second.
    holds: (value) => /^0000(01010000|0101000000)Z$/.test(value),
    why: 'the entry was locked by an administrator',
  },
]

/** Whether a generalized time is over. */
function isPast(value: string, now: bigint): boolean {
  const time = readGeneralized(value)
  return time !== undefined && time <= now
}

/** The attributes to read with an entry. */
export const BAR_ATTRIBUTES: readonly string[] = BARS.map(({ attribute }) => attribute)

/**
 * Why no password of the entry is good now; undefined when one may be.
 *
 * @param now milliseconds since the epoch
 */
export function whyBarred(entry: Entry, now: number): string | undefined {
  return BARS.find(({ attribute, holds }) =>
    valuesOf(entry, attribute).some((value) => holds(value, fileTime(now))),
  )?.why
}
