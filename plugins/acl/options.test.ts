// What is checked in the options, and what is warned of.
import { expect } from 'chai'
import { z } from '../../core/plugin.ts'
import { testHost } from '../../core/testing/index.ts'
import plugin from './index.ts'

const _app = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })
const rules = (...list: object[]) => ({ rules: list })
const _named = (name: string, more: object = {}) => rules({ match: { name, ...more }, actions: ['*'] })

/** The place of a remark. */
function placeIn(facts: object): string {
  return (facts as { at: string[] }).at.join('.')
}

describe('acl: options', () => {
  it('tells all problems at once, those of the form and those of the patterns', () => {
    const { error } = plugin.options.safeParse(
      rules(
        { match: { account: '/(/', type: 5 } },
        { match: { name: '${acount}', ip: 'x', nmae: 'y' }, actions: [] },
        { match: 'nonsense', actions: [] },
      ),
    )
    const paths = error!.issues.map((issue) => issue.path.join('.')).sort()
    expect(paths).to.deep.equal([
      'rules.0.actions',
      'rules.0.match.account',
      'rules.0.match.type',
      'rules.1.match',
      'rules.1.match.ip',
      'rules.1.match.name',
      'rules.2.match',
    ])
  })

  it('tells a fault of a group once, where it stands, and not for each of its rules', () => {
    const group = {
      group: 'a',
      match: { name: '/(/' },
      when: 'acount',
      rules: [{ actions: [] }, { actions: [] }],
    }
    const { error } = plugin.options.safeParse(rules(group))
    const paths = error!.issues.map((issue) => issue.path.join('.')).sort()
    expect(paths).to.deep.equal(['rules.0.match.name', 'rules.0.when'])
  })

  it('have a JSON Schema that tells a rule, a group and an include apart', () => {
    const schema = z.toJSONSchema(plugin.options, { io: 'input' }) as unknown as {
      properties: { rules: { items: { oneOf: object[]; properties: object } } }
    }
    const { oneOf, properties } = schema.properties.rules.items
    expect(oneOf).to.deep.equal([
      { required: ['actions'] },
      { required: ['include'] },
      { required: ['group', 'rules'] },
    ])
    expect(properties).to.include.all.keys(
      'match',
      'when',
      'effect',
      'actions',
      'comment',
      'include',
      'group',
      'rules',
    )
  })

  it('warns of rules that are hidden, and once of what a group brings', async () => {
    const host = testHost()
    const list = [
      { match: { name: '^a/*' }, actions: [] },
      { group: 'g', match: { name: '^b/*' }, rules: [{ actions: ['pull'] }, { actions: ['pull', 'push'] }] },
      { match: { name: '^a/b' }, actions: [] },
    ]
    await plugin.create(plugin.options.parse({ rules: list }), host)
    const lines = host.log.lines.map(({ facts, message }) => ({
      at: placeIn(facts),
      message: message.replace(/ matches.*|, but is.*/, ''),
    }))
    expect(lines).to.deep.equal([
      { at: 'rules.0.match.name', message: 'looks like a regular expression' },
      { at: 'rules.1.match.name', message: 'looks like a regular expression' },
      { at: 'rules.2.match.name', message: 'looks like a regular expression' },
      { at: 'rules.1.rules.1', message: 'can never be reached: rule 1 of group g stands before it and' },
      { at: 'rules.2', message: 'can never be reached: rule 1 stands before it and' },
    ])
  })

  it('warns with substitution: pattern of what docker_auth lets pass though it can not work', async () => {
    const host = testHost()
    const list = [
      { match: { name: 'fine' }, actions: [] },
      { match: { name: '[a' }, actions: [] },
      { match: { name: '${acount}' }, actions: [] },
      { match: { account: '/^(a)$/', name: '${account}/${account:1}' }, actions: [] },
      { match: { labels: { group: '${labels:x}' } }, actions: [] },
    ]
    await plugin.create(plugin.options.parse({ rules: list, substitution: 'pattern' }), host)
    expect(
      host.log.lines.map(({ level, facts, message }) => ({ level, at: placeIn(facts), message })),
    ).to.deep.equal([
      {
        level: 'warn',
        at: 'rules.1.match.name',
        message:
          'is a malformed glob, so the rule never matches; close every [ and write \\ before a character that is meant as itself',
      },
      {
        level: 'warn',
        at: 'rules.2.match.name',
        message: '${acount} is no placeholder; did you mean "${account}"?',
      },
      {
        level: 'warn',
        at: 'rules.3.match.name',
        message:
          "${account:1} is never replaced, because docker_auth's search for captures does not see it behind another placeholder",
      },
      {
        level: 'warn',
        at: 'rules.4.match.labels.group',
        message: '${labels:x} stands for nothing in a condition on labels; write a text, a glob or a /regex/',
      },
    ])
  })
})
