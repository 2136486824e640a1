// The audit line of one request, so that it can be asked again.
import type { Readable } from 'node:stream'
import { type Audited, auditLines, readAudited } from '../../policy/audit-lines.ts'

/**
 * Finds the audit line of a request.
 *
 * @param file undefined: standard input
 * @throws Error when there is none
 */
export async function findAudited(id: string, file: string | undefined, input: Readable): Promise<Audited> {
  for await (const facts of auditLines(file, input, id)) if (facts.request === id) return readAudited(facts)
  throw new Error(
    `there is no audit line of the request ${JSON.stringify(id)} in ${file ?? 'standard input'}; it is a line of JSON with "audit":"token" and "request":"..."`,
  )
}
