// Lists of rules for the benchmarks' user, of which one of the last fits.
import type { Rule } from '../core/acl/rule.ts'

/** Who asks, and for what below it. */
export const ACCOUNT = 'bench'

const LAST: Rule = { match: { account: ACCOUNT, name: `${ACCOUNT}/*` }, actions: ['pull', 'push'] }

function before(last: Rule, count: number, match: (index: number) => Rule['match']): Rule[] {
  const others = Array.from({ length: count - 1 }, (_, index) => ({
    match: match(index),
    actions: ['pull', 'push'],
  }))
  return [...others, last]
}

/** Rules that name an account and a namespace. */
export function globRules(count: number): Rule[] {
  return before(LAST, count, (index) => ({ account: `user-${index}`, name: `team-${index}/*` }))
}

/** The same in anchored regular expressions. */
export function anchoredRules(count: number): Rule[] {
  const last = { match: { account: `/^${ACCOUNT}$/`, name: `/^${ACCOUNT}\\/.*$/` }, actions: LAST.actions }
  return before(last, count, (index) => ({ account: `/^user-${index}$/`, name: `/^team-${index}\\/.*$/` }))
}

/** Regular expressions that only their engine can judge. */
export function generalRules(count: number): Rule[] {
  return before(LAST, count, (index) => ({
    account: `/^us?er-${index}x*$/`,
    name: `/^te+am-${index}.app$/`,
  }))
}

/** Twenty rules as people write them: literals, globs, regular expressions, variables, labels, networks. */
export function typicalRules(): Rule[] {
  return [
    { match: { ip: '10.1.0.0/16' }, actions: ['*'] },
    { match: { account: 'admin' }, actions: ['*'] },
    { match: { account: '/^ci-.*$/', name: 'build/*' }, actions: ['*'] },
    { match: { labels: { group: 'VIP' } }, actions: ['push'] },
    { match: { labels: { group: '/trainee|dev/' } }, actions: ['pull'] },
    { match: { name: '${labels:group}/*' }, actions: ['push', 'pull'] },
    { match: { type: 'registry', name: 'catalog' }, actions: ['*'] },
    { match: { account: '/^(.+)@example\\.com$/', name: '${account:1}/*' }, actions: ['*'] },
    ...Array.from({ length: 10 }, (_, index) => ({
      match: { name: `project-${index}/*` },
      actions: ['pull'],
    })),
    { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] },
    { match: { account: '/.+/' }, actions: ['pull'] },
  ]
}
