// docker_auth's `cache_ttl`: how long rules of a database are kept before they are read again.
import { goSeconds } from './go-duration.ts'
import type { Given, Section } from './section.ts'

/** Below it the rules would be read without a pause. */
const LEAST_SECONDS = 1

/** @returns seconds; undefined when it is missing or none, which has been reported */
export function cacheTtl(section: Section): Given<number> | undefined {
  const given = section.text('cache_ttl')
  const seconds = given && goSeconds(given.value)
  if (!given || seconds === undefined || seconds <= 0) {
    section.refuse('cache_ttl', 'must be a duration greater than 0, which docker_auth needs too; write "1m"')
    return undefined
  }
  if (seconds < LEAST_SECONDS) {
    section.warn(
      'cache_ttl',
      'is taken as 1s; a number without a unit is nanoseconds, so write "1m" for a minute',
    )
  }
  return { value: Math.max(seconds, LEAST_SECONDS), entry: given.entry }
}
