// What a personal access token is limited to: scopes with patterns, `type:name:actions`.
import { isFault, matchGlob, parseGlob, toChunks } from '../contract/acl/glob.ts'
import type { ResourceRequest } from '../contract/index.ts'

/** Says which of the requested actions on a resource are allowed. */
export type Allowance = (resource: ResourceRequest) => readonly string[]

const FORM = /^([a-z0-9]+|\*):(.+):([^:]+)$/s
const EXAMPLE = 'repository:team/*:pull'

/**
 * Reads what a token is limited to. A resource may do what any of the lines allows.
 *
 * @param lines `type:name:actions`: the type or `*`, the name as a glob of the ACL's kind (`*` stops at `/`), actions
 *   joined by commas, or `*`
 * @throws Error that quotes the line and shows a right one
 * @example allowance(['repository:team/*:pull'])({ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }) // ['pull']
 */
export function allowance(lines: readonly string[]): Allowance {
  const rules = lines.map(readLine)
  return (resource) => {
    const fitting = rules.filter((rule) => rule.fits(resource))
    return resource.actions.filter((action) => fitting.some((rule) => rule.actions?.has(action) ?? true))
  }
}

interface Rule {
  /** Undefined = all. */
  readonly actions: ReadonlySet<string> | undefined
  fits(resource: ResourceRequest): boolean
}

function readLine(line: string): Rule {
  const [, type, pattern, list] = FORM.exec(line) ?? []
  const actions = list?.split(',')
  const tokens = parseGlob([pattern ?? ''])
  if (pattern === undefined || actions === undefined || actions.some((action) => action.trim() === '')) {
    throw new Error(`${JSON.stringify(line)} is not type:name:actions; write for example ${EXAMPLE}`)
  }
  if (isFault(tokens)) {
    throw new Error(
      `${JSON.stringify(line)} has a malformed glob for a name; write for example ${EXAMPLE}, and \\ before [ to mean [ itself`,
    )
  }
  const chunks = toChunks(tokens)
  return {
    actions: list === '*' ? undefined : new Set(actions),
    fits: (resource) => (type === '*' || type === resource.type) && matchGlob(chunks, resource.name),
  }
}
