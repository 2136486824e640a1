// Rules of many kinds, of which only the last one fits: what an index can find, and what it can not.
import type { Facts } from '../../core/acl/facts.ts'
import type { Rule } from '../../core/acl/rule.ts'
import type { RulesOptions } from '../../core/acl/ruleset.ts'

/** Rules of one kind. */
export interface Kind {
  readonly name: string
  /** The conditions of one of them, none of which fits. */
  readonly match: (index: number) => NonNullable<Rule['match']>
  readonly when?: (index: number) => string
  readonly substitution?: RulesOptions['substitution']
}

/** What is asked. */
export const ASKED: Facts = {
  account: 'user7',
  type: 'repository',
  name: 'team7/app/main',
  service: 'registry.example.com',
  ip: '192.0.2.7',
  labels: { group: ['dev', 'ops', 'team7'], project: ['web'] },
  actions: ['pull', 'push'],
}

const letter = (index: number) => 'abcdefghijklmnopqrstuvwxyz'[index % 26]!

export const KINDS: readonly Kind[] = [
  { name: 'account', match: (index) => ({ account: `someone${index}` }) },
  { name: 'account and name', match: (index) => ({ account: `someone${index}`, name: `other${index}/*` }) },
  { name: 'name, whole', match: (index) => ({ name: `other/app${index}` }) },
  { name: 'name, namespace', match: (index) => ({ name: `other${index}/*` }) },
  { name: 'name, **', match: (index) => ({ name: `other${index}/**` }) },
  { name: 'name, beginning of a namespace', match: (index) => ({ name: `other${index}-*/*` }) },
  { name: 'name, beginning of a part', match: (index) => ({ name: `team7/other${index}-*` }) },
  {
    name: 'name, prefixes of many lengths',
    match: (index) => ({ name: `${'x/'.repeat(index % 30)}o${index}*` }),
  },
  { name: 'name, one namespace', match: (index) => ({ name: `team7/other${index}` }) },
  {
    name: 'name, one namespace, accounts',
    match: (index) => ({ account: `someone${index}`, name: 'team7/*' }),
  },
  { name: 'name, star first, then a text', match: (index) => ({ name: `*/other${index}` }) },
  { name: 'name, star first, two parts', match: (index) => ({ name: `*/other${index}/main` }) },
  { name: 'name, ** first', match: (index) => ({ name: `**/other${index}` }) },
  { name: 'name, star within', match: (index) => ({ name: `*-other${index}/*` }) },
  { name: 'name, question marks', match: (index) => ({ name: `?ther${index}/*` }) },
  { name: 'name, class first', match: (index) => ({ name: `[a-f]ther${index}/*` }) },
  { name: 'name, ${account}/ and a text', match: (index) => ({ name: `\${account}/other${index}` }) },
  {
    name: 'name, ${account}/*, accounts',
    match: (index) => ({ account: `someone${index}`, name: '${account}/*' }),
  },
  { name: 'name, text and ${account}', match: (index) => ({ name: `other${index}/\${account}` }) },
  { name: 'name, ${account}-text', match: (index) => ({ name: `\${account}-other${index}/*` }) },
  { name: 'name, ${labels:group}/text', match: (index) => ({ name: `\${labels:group}/other${index}` }) },
  {
    name: 'name, as docker_auth: ${account}/',
    substitution: 'pattern',
    match: (index) => ({ name: `\${account}/other${index}` }),
  },
  {
    name: 'name, as docker_auth: ${labels:group}/',
    substitution: 'pattern',
    match: (index) => ({ name: `\${labels:group}/other${index}` }),
  },
  { name: 'label', match: (index) => ({ labels: { group: `group${index}` } }) },
  { name: 'label, glob', match: (index) => ({ labels: { group: `group${index}-*` } }) },
  { name: 'label, expression', match: (index) => ({ labels: { group: `/^group${index}$/` } }) },
  {
    name: 'label and namespace',
    match: (index) => ({ labels: { group: `group${index}` }, name: 'team7/**' }),
  },
  { name: 'labels, other names', match: (index) => ({ labels: { [`of${index}`]: 'x' } }) },
  { name: 'ip', match: (index) => ({ ip: `10.${index >> 8}.${index & 255}.1` }) },
  { name: 'ip, networks', match: (index) => ({ ip: `10.${index >> 8}.${index & 255}.0/24` }) },
  {
    name: 'ip, namespaces',
    match: (index) => ({ ip: `10.${index >> 8}.${index & 255}.0/24`, name: 'team7/**' }),
  },
  { name: 'type', match: (index) => ({ type: `type${index}` }) },
  { name: 'type, as docker_auth writes it', match: (index) => ({ type: `type${index}`, name: '*' }) },
  { name: 'service', match: (index) => ({ service: `registry${index}.example.com` }) },
  { name: 'service, glob', match: (index) => ({ service: `registry${index}.*` }) },
  { name: 'account, beginning', match: (index) => ({ account: `someone${index}-*` }) },
  { name: 'account, beginning and end', match: (index) => ({ account: `svc-*-${index}` }) },
  { name: 'account, end', match: (index) => ({ account: `*@company${index}.example.com` }) },
  { name: 'account, question mark', match: (index) => ({ account: `someone${index}-?` }) },
  { name: 'expression, account', match: (index) => ({ account: `/^someone${index}$/` }) },
  { name: 'expression, name', match: (index) => ({ name: `/^other${index}\\/.*/` }) },
  {
    name: 'expression, both',
    match: (index) => ({ account: `/^someone${index}$/`, name: `/^other${index}\\/.*$/` }),
  },
  { name: 'expression, alternation', match: (index) => ({ name: `/^(other|more)${index}\\/.*$/` }) },
  {
    name: 'expression, accounts by alternation',
    match: (index) => ({ account: `/^(a${index}|b${index}|c${index})$/` }),
  },
  { name: 'expression, class', match: (index) => ({ name: `/^other${index}\\/[a-z]+$/` }) },
  {
    name: 'expression, beginning of a namespace',
    match: (index) => ({ name: `/^other${index}-[a-z]+\\/.*$/` }),
  },
  { name: 'expression, class first', match: (index) => ({ name: `/^[a-f]ther${index}\\/.*$/` }) },
  { name: 'expression, flags', match: (index) => ({ name: `/(?i)^other${index}\\/.*$/` }) },
  { name: 'expression, end', match: (index) => ({ name: `/\\/other${index}$/` }) },
  { name: 'expression, anything first', match: (index) => ({ name: `/^.*\\/other${index}$/` }) },
  { name: 'expression, part of a name', match: (index) => ({ name: `/other${index}/` }) },
  { name: 'expression, domain', match: (index) => ({ account: `/^.+@company${index}\\.example\\.com$/` }) },
  {
    name: 'expression, optional',
    match: (index) => ({ account: `/^us?er${index + 100}x*$/`, name: `/^te+am${index + 100}.app$/` }),
  },
  { name: 'expression, ${account}', match: (index) => ({ name: `/^other${index}\\/\${account}$/` }) },
  {
    name: 'expression, as docker_auth: ${account}',
    substitution: 'pattern',
    match: (index) => ({ name: `/^other${index}\\/\${account}$/` }),
  },
  { name: 'expression, ${account} first', match: (index) => ({ name: `/^\${account}\\/other${index}$/` }) },
  { name: 'capture', match: (index) => ({ account: `/^(.+)@company${index}$/`, name: '${account:1}/*' }) },
  { name: 'when', match: () => ({}), when: (index) => `account == "someone${index}"` },
  { name: 'one letter of many', match: (index) => ({ name: `${letter(index)}*/other${index}` }) },
]
