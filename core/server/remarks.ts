// What plugin instances tell of the configuration: with its place in the file, for `check` and for the start.
import type { Config, Planned } from '../config/config.ts'
import type { Log, Remark, Surroundings } from '../plugin.ts'
import type { Problem } from '../yaml/problems.ts'
import { takesAnonymous } from './anonymous.ts'

/** The remarks of one configuration's instances. */
export interface Remarks {
  readonly warnings: Problem[]
  readonly notes: Problem[]
}

/**
 * What one instance tells with.
 *
 * @param remarks gets what it tells until it is made
 * @returns `made`: from now on the log gets it
 */
export function remarksOf(
  spots: { readonly plan: Planned },
  file: string,
  log: Log,
  remarks: Remarks,
): { remark(remark: Remark): void; made(): void } {
  let isMade = false
  return {
    remark(remark) {
      assertRemark(remark)
      const { at, message, kind } = remark
      const place = isPath(at) ? { file, ...spots.plan.spotOfOption(at) } : at
      if (!isMade) remarks[kind === 'note' ? 'notes' : 'warnings'].push({ ...place, message })
      else if (kind !== 'note') {
        const { line, column, path } = place
        log.warn({ at: `${place.file}:${line}:${column}`, path }, message)
      }
    },
    made() {
      isMade = true
    },
  }
}

function assertRemark(remark: Remark): void {
  const { at, message } = (remark ?? {}) as Partial<Remark>
  if (typeof message !== 'string' || typeof at !== 'object')
    throw new TypeError(
      "host.remark takes an object: host.remark({ at: ['OPTION'], message: 'is so; write ...' })",
    )
}

function isPath(at: Remark['at']): at is readonly PropertyKey[] {
  return Array.isArray(at)
}

/** What the instances are told of the whole configuration. */
export function surroundingsOf({ plugins, server }: Pick<Config, 'plugins' | 'server'>): Surroundings {
  const authenticators = plugins.filter(({ kind }) => kind === 'authenticator')
  return {
    anonymous: authenticators.some(takesAnonymous),
    proxied: server.tls === undefined && server.client_ip === undefined,
  }
}
