// Labels as backends of docker_auth's give them: `null` among the values is no mistake there.
import { type Labels, toLabels } from '../contract/labels.ts'
import type { Log } from '../contract/log.ts'

/**
 * Reads labels as `toLabels` does, but leaves out a `null` among a label's values, with a warning. docker_auth takes it for an
 * empty text.
 *
 * @throws TypeError as `toLabels`
 * @example backendLabels({ group: ['dev', null] }, request.log) // { group: ['dev'] }
 */
export function backendLabels(value: unknown, log: Log): Labels {
  return toLabels(value, (label) => log.warn({ label }, 'a value of this label is null, and is left out'))
}
