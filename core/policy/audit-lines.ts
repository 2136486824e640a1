// Audit lines of the server's log, one after the other: JSON, with whatever a log collector has put before it.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { osReason } from '../kit/os-errors.ts'
import { type Labels, toLabels } from '../plugin.ts'

/** What an audit line says, as it is written there. */
export type AuditFacts = Readonly<Record<string, unknown>>

/** What is known of a request. */
export interface Audited {
  readonly account?: string
  readonly labels?: Labels
  readonly authenticator?: string
  readonly ip?: string
  readonly service?: string
  readonly client?: string
  readonly scopes?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at?: number
}

/**
 * Reads the audit lines of token requests.
 *
 * @param file undefined: standard input
 * @param containing only lines with this text
 * @throws Error when it can't be read
 */
export async function* auditLines(
  file: string | undefined,
  input: Readable,
  containing = '"audit"',
): AsyncGenerator<AuditFacts> {
  const stream = file === undefined ? input : createReadStream(file)
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const facts = line.includes(containing) ? parsed(line) : undefined
      if (facts?.audit === 'token') yield facts
    }
  } catch (error) {
    throw new Error(`${file ?? 'standard input'} cannot be read: ${osReason(error)}`)
  }
}

function parsed(line: string): AuditFacts | undefined {
  try {
    return JSON.parse(line.slice(line.indexOf('{'), line.lastIndexOf('}') + 1))
  } catch {
    return undefined
  }
}

/** What a line says of the request, so that it can be asked again. */
export function readAudited(facts: AuditFacts): Audited {
  const text = <K extends string>(name: K) => {
    const value = facts[name]
    return typeof value === 'string' && value !== '' ? ({ [name]: value } as { [key in K]: string }) : {}
  }
  const { labels, scopes, time } = facts
  const at = Date.parse(String(time))
  return {
    ...text('account'),
    ...text('authenticator'),
    ...text('ip'),
    ...text('service'),
    ...text('client'),
    ...(labels !== undefined && { labels: toLabels(labels) }),
    ...(Array.isArray(scopes) && { scopes: scopes.map(String) }),
    ...(!Number.isNaN(at) && { at }),
  }
}
