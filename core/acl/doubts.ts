// Rules that are well-formed and can't mean what they say: each of these was written by somebody who meant another one.
import { doubtsOfActions } from './action-doubts.ts'
import { type Doubt, isOfRepositories } from './doubt.ts'
import type { Stars } from './glob.ts'
import { contains, type Network, parseNetwork } from './ip.ts'
import { doubtOfName } from './name-doubts.ts'
import type { Rule } from './rule.ts'

/** What of the configuration around the rules decides whether they can mean what they say; by default nothing is doubted. */
export interface Around {
  /** Whether clients without credentials may be accepted. */
  readonly anonymous?: boolean
  /** Whether a proxy on this machine may hand on everybody's requests as its own. */
  readonly proxied?: boolean
}

/** What is doubtful about a rule as a whole; what is wrong with a pattern by itself is told by `compilePattern`. */
export function doubtsOfRule(
  rule: Rule,
  stars: Stars,
  { anonymous = true, proxied = false }: Around,
): Doubt[] {
  const { match = {}, actions, effect = 'grant' } = rule
  const doubts = doubtsOfActions(rule)
  const add = (key: string, message: string | undefined) => {
    if (message !== undefined) doubts.push({ path: ['match', key], message })
  }
  const grants = effect === 'grant' && actions.length > 0
  if (match.type !== undefined) add('type', doubtOfType(match.type))
  if (match.name !== undefined && isOfRepositories(match.type)) add('name', doubtOfName(match.name, stars))
  if (match.account?.toLowerCase() === 'anonymous')
    add('account', `is an account with this name; who comes without credentials has none: write account: ""`)
  if (match.account === '' && grants && !anonymous)
    add(
      'account',
      'is for clients without credentials, and no authenticator accepts any; add one, such as static with the user "": {}',
    )
  if (proxied && grants && actions.includes('*') && isAllOfLoopback(rule))
    add(
      'ip',
      "grants everything to this machine, from which everybody comes when a proxy runs on it; name the header with the client's address: server.client_ip",
    )
  return doubts
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ...['repo', 'repos', 'repositories', 'repositry', 'image', 'images'].map(
    (word) => [word, 'repository'] as const,
  ),
  ...['registries', 'catalog', 'catalogue'].map((word) => [word, 'registry'] as const),
])

function doubtOfType(type: string): string | undefined {
  const lower = type.toLowerCase()
  const meant = TYPES.get(lower) ?? (lower === 'repository' || lower === 'registry' ? lower : undefined)
  if (meant === undefined || meant === type) return undefined
  return `is no type that registries ask for; write ${meant}`
}

const LOOPBACK = parseNetwork('127.0.0.0/8')!

/** Whether a rule is about everybody on this machine, whoever it is and whatever is asked. */
function isAllOfLoopback({ match = {}, when }: Rule): boolean {
  const { ip, account, labels, name } = match
  const network: Network | undefined = ip === undefined ? undefined : parseNetwork(ip)
  if (!network || account !== undefined || name !== undefined || labels !== undefined) return false
  return (when === undefined || when.length === 0) && (isIn(LOOPBACK, network) || isIn(LOOPBACK_6, network))
}

const LOOPBACK_6 = parseNetwork('::1')!

function isIn(outer: Network, inner: Network): boolean {
  return inner.bits >= outer.bits && contains(outer, inner.address)
}
