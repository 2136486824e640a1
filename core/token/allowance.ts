// What a personal access token is limited to: scopes with patterns, `type:name:actions`.
import { isFault, matchGlob, parseGlob, toChunks } from '../acl/glob.ts'
import type { ResourceRequest } from '../plugin.ts'

/** Says which of the requested actions on a resource are allowed. */
export type Allowance = (resource: ResourceRequest) => readonly string[]

const FORM = /^([a-z0-9]+|\*):([^\s]*):([^:\s]+)$/
const EXAMPLE = 'repository:team/*:pull'

/**
 * Reads what a token is limited to. A resource may do what any of the lines allows.
 *
 * @param lines `type:name:actions`: the type or `*`; the name as a glob of the ACL's kind (`*` stops at `/`), `**` for any name,
 *   `team/**` for any below `team/`; the empty name, which is a registry's catalog (zot), fits only an empty one; actions joined
 *   by commas, or `*`
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
  if (!fits) {
    throw new Error(
      `${JSON.stringify(line)} has a malformed glob for a name; write for example ${EXAMPLE}; ** stands alone or after the last /, and \\ before [ means [ itself`,
    )
  }
  return {
    // Whoever may do `*` may do the others too.
    actions: actions.includes('*') ? undefined : new Set(actions),
    fits: (resource) => (type === '*' || type === resource.type) && fits(resource.name),
  }
}

/** @returns undefined for a malformed pattern */
function readName(pattern: string): ((name: string) => boolean) | undefined {
  const fits = readGlob(pattern)
  return fits && ((name) => (name === '' ? pattern === '' : fits(name)))
}

function readGlob(pattern: string): ((name: string) => boolean) | undefined {
  if (pattern === '**') return () => true
  const folder = pattern.endsWith('/**') ? pattern.slice(0, -'/**'.length) : undefined
  const tokens = parseGlob([folder ?? pattern])
  if (isFault(tokens) || (folder ?? pattern).includes('**')) return undefined
  const chunks = toChunks(tokens)
  if (folder === undefined) return (name) => matchGlob(chunks, name)
  return (name) => foldersOf(name).some((above) => matchGlob(chunks, above))
}

/** @example foldersOf('a/b/c') // ['a', 'a/b'] */
function foldersOf(name: string): string[] {
  return [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index))
}
