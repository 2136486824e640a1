// What an audit line of the server's log says of a request, so that it can be asked again.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { osReason } from '../../kit/os-errors.ts'
import { type Labels, toLabels } from '../../plugin.ts'

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
 * Finds the audit line of a request: JSON, with whatever a log collector has put before it.
 *
 * @param file undefined: standard input
 * @throws Error when there is none
 */
export async function findAudited(id: string, file: string | undefined, input: Readable): Promise<Audited> {
  const stream = file === undefined ? input : createReadStream(file)
  const where = file ?? 'standard input'
  const found = await findLine(id, stream).catch((error: unknown) => {
    throw new Error(`${where} cannot be read: ${osReason(error)}`)
  })
  if (found) return read(found)
  throw new Error(
    `there is no audit line of the request ${JSON.stringify(id)} in ${where}; it is a line of JSON with "audit":"token" and "request":"..."`,
  )
}

async function findLine(id: string, input: Readable): Promise<Record<string, unknown> | undefined> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const facts = line.includes(id) ? parsed(line) : undefined
    if (facts?.request === id && facts.audit === 'token') return facts
  }
  return undefined
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line.slice(line.indexOf('{'), line.lastIndexOf('}') + 1))
  } catch {
    return undefined
  }
}

function read({
  account,
  labels,
  authenticator,
  ip,
  service,
  client,
  scopes,
  time,
}: Record<string, unknown>): Audited {
  const text = <K extends string>(name: K, value: unknown) =>
    typeof value === 'string' && value !== '' ? ({ [name]: value } as { [key in K]: string }) : {}
  const at = Date.parse(String(time))
  return {
    ...text('account', account),
    ...text('authenticator', authenticator),
    ...text('ip', ip),
    ...text('service', service),
    ...text('client', client),
    ...(labels !== undefined && { labels: toLabels(labels) }),
    ...(Array.isArray(scopes) && { scopes: scopes.map(String) }),
    ...(!Number.isNaN(at) && { at }),
  }
}
