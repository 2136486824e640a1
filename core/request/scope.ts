// The scope grammar (Distribution's scope.md): `type:name:action,action`.
import type { ResourceRequest } from '../plugin.ts'
import { badScope, quote } from './errors.ts'

const MAX_NAME = 256
const TYPE = /^([a-z0-9]+)(\([a-z0-9]+\))?$/
// Printable and no white space: the ACL decides on everything else (docker_auth accepts such names too). zot asks for the
// empty name before it lists its catalog.
const NAME = /^[^\p{C}\p{Z}\ufffd]*$/u
/** OpenID Connect's own: OAuth libraries add them to whatever they are told to ask for. They name no access here. */
const SIGN_IN: ReadonlySet<string> = new Set(['openid', 'offline_access'])

/**
 * Reads the `scope` parameters of a request: each may hold several scopes, separated by spaces. None, or only empty
 * ones, mean a login without access. What is asked twice counts once.
 *
 * @param most how many different ones there may be
 * @throws RequestError 400 that quotes the bad part
 * @example parseScopes(['repository:team/app:pull,push'], 100) // [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }]
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 */
export function parseScopes(values: readonly string[], most: number): readonly ResourceRequest[] {
  const [only = ''] = values
  // Nearly always.
  if (values.length === 1 && only.includes(':') && !only.includes(' '))
    return Object.freeze([parseScope(only)])
  const texts = new Set(values.flatMap((value) => value.split(' ')))
  texts.delete('')
  for (const text of SIGN_IN) texts.delete(text)
  const scopes = new Map<string, ResourceRequest>()
  for (const text of texts) {
    const scope = parseScope(text)
    const meaning = `${scope.type}:${scope.name}:${[...new Set(scope.actions)].sort()}`
    if (!scopes.has(meaning)) scopes.set(meaning, scope)
    if (scopes.size > most)
      throw badScope(`the request has more than ${most} scopes; ask for at most ${most} at once`)
  }
  return Object.freeze([...scopes.values()])
}

/** Reads one scope. The name may hold colons (a host and port): the type ends at the first, the actions begin after the last. */
export function parseScope(text: string): ResourceRequest {
  const first = text.indexOf(':')
  const last = text.lastIndexOf(':')
  if (first === last) throw badScope(`scope ${quote(text)} is not type:name:actions`)
  const type = TYPE.exec(text.slice(0, first))?.[1]
  if (!type)
    throw badScope(
      `scope ${quote(text)} has the type ${quote(text.slice(0, first))}; use letters a-z and digits`,
    )
  const name = text.slice(first + 1, last)
  if (name.length > MAX_NAME)
    throw badScope(`scope ${quote(text)} has a name of more than ${MAX_NAME} characters`)
  if (!NAME.test(name))
    throw badScope(`scope ${quote(text)} has a name with characters that can't be printed`)
  const actions = text
    .slice(last + 1)
    .split(',')
    .filter((action) => action !== '')
  const bad = actions.find((action) => !NAME.test(action))
  if (bad !== undefined) throw badScope(`scope ${quote(text)} has the action ${quote(bad)}`)
  return Object.freeze({ type, name, actions: Object.freeze(actions) })
}

/** A scope as clients write it. @example scopeText({ type: 'repository', name: 'a', actions: ['pull'] }) // 'repository:a:pull' */
export function scopeText({ type, name, actions }: ResourceRequest): string {
  return `${type}:${name}:${actions.join(',')}`
}
