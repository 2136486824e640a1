// When a certificate ends, said in time.
import type { X509Certificate } from 'node:crypto'

/** So long before its end a certificate is warned of, in milliseconds. */
const NOTICE = 14 * 86_400_000

/**
 * What an operator should know about a certificate's validity.
 *
 * @param which names it, with its place
 * @param harm what happens when it is not valid
 * @param remedy what to do
 * @param now milliseconds since the epoch
 * @returns undefined when there is nothing to say
 */
export function expiryWarning(
  { validFromDate, validToDate }: X509Certificate,
  { which, harm, remedy }: { which: string; harm: string; remedy: string },
  now: number,
): string | undefined {
  const end = validToDate.getTime()
  if (end < now) return `${which} expired on ${validToDate.toISOString()}; ${harm}: ${remedy}`
  if (validFromDate.getTime() > now) {
    return `${which} is not valid before ${validFromDate.toISOString()}; ${harm}: check this machine's clock`
  }
  if (end - now > NOTICE) return undefined
  return `${which} expires on ${validToDate.toISOString()}; then ${harm}: ${remedy}`
}
