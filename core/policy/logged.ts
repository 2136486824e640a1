// What an audit log says was asked, and what was granted: each different question once.
import type { Readable } from 'node:stream'
import { faultOfAccount } from '../contract/account.ts'
import { RequestError } from '../request/errors.ts'
import { parseScope } from '../request/scope.ts'
import { type AuditFacts, auditLines, readAudited } from './audit-lines.ts'
import type { PolicyRequest } from './request.ts'

/** A question that somebody asked. */
export interface LoggedRequest {
  readonly request: PolicyRequest
  /** What was granted then. */
  readonly granted: readonly string[]
  /** Who decided then, as the log calls it: `acl: rule 3`. */
  readonly by: string
  /** How often it was asked. */
  readonly times: number
}

/** What a log holds. */
export interface LoggedRequests {
  readonly requests: readonly LoggedRequest[]
  /** How many audit lines there were. */
  readonly lines: number
  /** How many of them tell too little: refused, with labels left out, or of a token with limits of its own. */
  readonly skipped: number
}

/**
 * Reads logs.
 *
 * @param files `-`: standard input
 * @param timed whether the same at another time is another question
 * @throws Error when one can't be read
 */
export async function readLogs(
  files: readonly string[],
  input: Readable,
  timed: boolean,
): Promise<LoggedRequests> {
  const found = new Map<string, LoggedRequest>()
  let [lines, skipped] = [0, 0]
  for (const file of files) {
    for await (const facts of auditLines(file === '-' ? undefined : file, input)) {
      lines += 1
      const asked = requestsIn(facts)
      if (asked.length === 0) skipped += 1
      for (const one of asked) {
        const { at, ...rest } = one.request
        const key = JSON.stringify([rest, timed && at, one.granted])
        found.set(key, { ...one, times: (found.get(key)?.times ?? 0) + 1 })
      }
    }
  }
  return { requests: [...found.values()], lines, skipped }
}

function requestsIn(facts: AuditFacts): LoggedRequest[] {
  const { status, access, rules, explained_to: explained, labels_left_out: leftOut } = facts
  const told = status === 200 && explained === undefined && leftOut === undefined
  if (!told || !Array.isArray(access) || !Array.isArray(rules)) return []
  const { scopes = [], account = '', authenticator: _, ...rest } = readAudited(facts)
  if (faultOfAccount(account) !== undefined) return []
  return scopes.flatMap((scope, index) => {
    const [resource, granted, by] = [
      resourceOf(scope),
      resourceOf(String(access[index])),
      String(rules[index]),
    ]
    // A token may be limited to less than its account.
    if (!resource || !granted || by.startsWith('token: ')) return []
    return [{ request: { account, ...rest, resource }, granted: granted.actions, by, times: 1 }]
  })
}

function resourceOf(scope: string) {
  try {
    return parseScope(scope)
  } catch (error) {
    if (error instanceof RequestError) return undefined
    throw error
  }
}
