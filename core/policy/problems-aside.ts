// Which problems of a configuration matter to what it decides.
import type { Config } from '../config/config.ts'
import type { Instance } from '../request/instance.ts'
import type { Problem } from '../yaml/problems.ts'
import { isLocal } from './local.ts'

const AUTHENTICATORS =
  /^(authenticators|users|(ldap|google|github|gitlab|oidc|mongo|xorm|ext)_auth|plugin_authn)\b/
/** Nothing in there decides what somebody who has logged in may do. */
const ASIDE = /^(server|token|log)\b/

/**
 * Weighs problems.
 *
 * @param instances those that could be opened in spite of them
 * @returns `matters`: the decisions are not known; `lost`: an authenticator is missing, and nothing else; `aside`: no matter
 */
export function weigh(
  problems: readonly Problem[],
  { plugins }: Pick<Config, 'plugins'>,
  instances: readonly Instance[],
): 'matters' | 'lost' | 'aside' {
  const opened = new Map(instances.map((instance) => [instance.id, instance]))
  const weights = problems.map(({ path }) => {
    if (ASIDE.test(path)) return 'aside'
    const plan = plugins.find(({ spot }) => path === spot.path || path.startsWith(`${spot.path}.`))
    const instance = plan && opened.get(plan.id)
    if (AUTHENTICATORS.test(path)) return instance ? 'aside' : 'lost'
    // A password that could not be read is not needed by who is not asked.
    return instance && !isLocal(instance) ? 'aside' : 'matters'
  })
  if (weights.includes('matters')) return 'matters'
  return weights.includes('lost') ? 'lost' : 'aside'
}
