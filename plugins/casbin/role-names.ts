// Accounts and roles share their names: whoever is called like a role has its rights.
import type { Model } from 'casbin'
import { isUserName } from '../../core/plugin.ts'

/**
 * The roles that somebody could be called, where the matcher looks up the account among their members.
 *
 * @param model with its policy
 */
export function roleNames(model: Model): ReadonlySet<string> {
  const matcher = model.model.get('m')!.get('m')!.value
  const [account] = model.model.get('r')!.get('r')!.tokens
  const names = new Set<string>()
  for (const [kind, { policy }] of model.model.get('g') ?? []) {
    if (!new RegExp(String.raw`\b${kind}\(\s*${account}\s*,`).test(matcher)) continue
    for (const [, role] of policy) if (isUserName(role!)) names.add(role!)
  }
  return names
}

const MOST_NAMED = 5

/** The warning about them; undefined without any. */
export function doubtOfRoles(roles: ReadonlySet<string>): string | undefined {
  if (roles.size === 0) return undefined
  const [first] = roles
  const named = [...roles].slice(0, MOST_NAMED).map((role) => JSON.stringify(role))
  const more = roles.size > MOST_NAMED ? ` and ${roles.size - MOST_NAMED} more` : ''
  return `an account that is called like a role (${named.join(', ')}${more}) has its rights; give roles names that no client can send, such as ${JSON.stringify(`role:${first}`)}`
}
