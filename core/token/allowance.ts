// What a personal access token is limited to: scopes with patterns, `type:name:actions`.
import { isFault, parseGlob } from '../acl/glob.ts'
import { toMatcher } from '../acl/glob-match.ts'
import type { ResourceRequest } from '../plugin.ts'

/** Says which of the requested actions on a resource are allowed. */
export type Allowance = (resource: ResourceRequest) => readonly string[]

const FORM = /^([a-z0-9]+|\*):([^\s]*):([^:\s]+)$/
const EXAMPLE = 'repository:team/*:pull'

/**
 * Reads what a token is limited to. A resource may do what any of the lines allows.
 *
 * @param lines `type:name:actions`: the type or `*`; the name as a glob of the ACL's kind, so that `team/**` is any below
 *   `team/`; the empty name, which is a registry's catalog (zot), fits only an empty one; actions joined by commas, or `*`
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
  const [, type, name, list] = FORM.exec(line) ?? []
  const actions = list?.split(',')
  if (name === undefined || actions === undefined || actions.includes('')) {
    throw new Error(`${JSON.stringify(line)} is not type:name:actions; write for example ${EXAMPLE}`)
  }
  const fits = readName(name)
  if (typeof fits === 'string')
    throw new Error(`${JSON.stringify(line)} ${fits}; write for example ${EXAMPLE}`)
  return {
    // Whoever may do `*` may do the others too.
    actions: actions.includes('*') ? undefined : new Set(actions),
    fits: (resource) => (type === '*' || type === resource.type) && fits(resource.name),
  }
}

/** @returns what is wrong with a malformed pattern */
function readName(pattern: string): ((name: string) => boolean) | string {
  const tokens = parseGlob([pattern], 'two')
  if (tokens === 'stars') return 'has three stars in a row, which are neither * nor **'
  if (isFault(tokens)) return 'has a malformed glob for a name, in which \\ before [ means [ itself'
  const fits = toMatcher(tokens)
  return (name) => (name === '' ? pattern === '' : fits(name))
}
