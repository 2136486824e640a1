// Times as directories write them, all as file times: they can be compared, however fine they are.
import { duration } from '../../core/plugin.ts'

/** From 1601-01-01, where file times begin, to 1970-01-01, in milliseconds. */
const EPOCH_MS = 11_644_473_600_000
const PER_MS = 10_000n
const PER_SECOND = 10_000_000n
const DAY_MS = 86_400_000

/**
 * Active Directory's time: in units of 100 ns since 1601.
 *
 * @param ms milliseconds since 1970
 * @see https://learn.microsoft.com/en-us/windows/win32/sysinfo/file-times
 */
export function fileTime(ms: number): bigint {
  return BigInt(Math.trunc(ms) + EPOCH_MS) * PER_MS
}

/** A time of RFC 4517, 3.3.13, to the second. @param ms milliseconds since 1970 */
export function generalizedTime(ms: number): string {
  return `${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}Z`
}

const GENERALIZED =
  /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,](\d{1,9})\d*)?(?:Z|([+-]\d\d)(\d\d)?)$/

/** A text of RFC 4517, 3.3.13, as a file time; undefined for any other text. */
export function readGeneralized(text: string): bigint | undefined {
  const found = GENERALIZED.exec(text)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', zoneHour = '0', zoneMinute = '0'] = found
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute ?? 0),
    Number(second ?? 0),
  )
  const date = new Date(ms)
  // Date.UTC takes a 13th month for the next January.
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day)) return undefined
  const east = Number(zoneHour) * 60 + Number(`${zoneHour[0] === '-' ? '-' : ''}${zoneMinute}`)
  // A fraction is one of the smallest unit that is written.
  const unit = PER_SECOND * (second !== undefined ? 1n : minute !== undefined ? 60n : 3_600n)
  const part = (BigInt(fraction.padEnd(9, '0')) * unit) / 1_000_000_000n
  return fileTime(ms - east * 60_000) + part
}

/** What is written in a number, by attribute: in lower case, as all names here. */
const NUMBERS: ReadonlyMap<string, (value: bigint) => bigint> = new Map([
  ['pwdlastset', (value: bigint) => value],
  ['sambapwdlastset', (seconds: bigint) => fileTime(0) + seconds * PER_SECOND],
  ['shadowlastchange', (days: bigint) => fileTime(0) + days * BigInt(DAY_MS) * PER_MS],
])
/** Any other number is one when it is of a year from 1917 on. */
const LIKE_A_FILE_TIME = /^[1-9]\d{17,18}$/

/**
 * The value of an attribute as a file time.
 *
 * @param name in lower case
 * @returns undefined for what is no time
 */
export function timeOf(name: string, value: string): bigint | undefined {
  const read = NUMBERS.get(name)
  if (read) return /^\d{1,20}$/.test(value) ? read(BigInt(value)) : undefined
  return LIKE_A_FILE_TIME.test(value) ? BigInt(value) : readGeneralized(value)
}

/**
 * How exactly an attribute tells its time, in a file time's units.
 *
 * @param name in lower case
 */
export function unitOf(name: string): bigint {
  return name === 'shadowlastchange' ? BigInt(DAY_MS) * PER_MS : PER_SECOND
}

const FORMS = {
  filetime: (ms: number) => String(fileTime(ms)),
  generalized: generalizedTime,
} as const

/** The placeholders of the present that stand in the options' messages. */
export const NOW_PLACEHOLDERS: readonly string[] = Object.keys(FORMS).map((form) => `now:${form}`)

/**
 * What a placeholder of a time stands for: `now:filetime`, `now-30m:generalized`.
 *
 * @returns from now, in milliseconds since 1970, to the text; undefined for another name
 */
export function readMoment(name: string): ((now: number) => string) | undefined {
  const [, ago, form] = /^now(?:-([^:]+))?:(filetime|generalized)$/.exec(name) ?? []
  if (form === undefined) return undefined
  const before = ago === undefined ? 0 : duration().safeParse(ago).data
  if (before === undefined) return undefined
  return (now) => FORMS[form as keyof typeof FORMS](Math.max(now - before, 0))
}
