import { expect } from 'chai'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

function acl(text: string) {
  const { native, ...found } = translateText(`${SERVER}${TOKEN}users: {}\nacl:\n${text}\n`)
  return { rules: native.authorizers[0]?.options.rules, ...found }
}

describe("docker_auth's acl section", () => {
  it('becomes the rules of the acl plugin, all of it as text', () => {
    const { rules, problems, warnings } = acl(
      [
        '  - match: { account: 007, type: registry, name: "a/*", service: yes, ip: 10.0.0.1, labels: { a: 1.50, b: , c: "" } }',
        '    actions: [pull, no, ~]',
        '    comment: 2001-01-01',
        '  - { match: {}, actions: ["*"] }',
      ].join('\n'),
    )
    expect([...problems, ...warnings]).to.deep.equal([])
    expect(rules).to.deep.equal([
      {
        match: {
          account: '007',
          type: 'registry',
          name: 'a/*',
          service: 'yes',
          ip: '10.0.0.1',
          labels: { a: '1.50', b: '', c: '' },
        },
        actions: ['pull', 'no', ''],
        comment: '2001-01-01',
      },
      { match: {}, actions: ['*'] },
    ])
  })

  it('refuses rules without match, which docker_auth does not survive', () => {
    const { problems } = acl('  - actions: [pull]\n  - { match: , actions: [] }\n  - ~\n  - text')
    expect(problems).to.have.members([
      'f:5:5: rule 1.match: is missing, which docker_auth does not survive; write match: {} to match everything',
      'f:6:14: rule 2.match: is missing, which docker_auth does not survive; write match: {} to match everything',
      'f:7:5: rule 3: must be a map (KEY: VALUE)',
      'f:8:5: rule 4: must be a map (KEY: VALUE)',
    ])
  })

  it('lets a rule without actions grant nothing', () => {
    const { rules, problems, warnings } = acl('  - match: {}\n  - { match: {}, actions: }')
    expect(problems).to.deep.equal([])
    expect(rules).to.deep.equal([
      { match: {}, actions: [] },
      { match: {}, actions: [] },
    ])
    const what =
      'is missing, so that the rule grants nothing (docker_auth breaks off the request); write actions: []'
    expect(warnings).to.deep.equal([`f:5:5: rule 1.actions: ${what}`, `f:6:18: rule 2.actions: ${what}`])
  })

  it('says that an unknown condition widens its rule', () => {
    const { rules, warnings } = acl('  - { match: { acount: ann }, action: [pull], actions: [] }')
    expect(rules).to.deep.equal([{ match: {}, actions: [] }])
    expect(warnings).to.have.members([
      'f:5:16: rule 1.match.acount: unknown key, which is ignored, so that the rule matches more than it says; did you mean "account"?',
      'f:5:31: rule 1.action: unknown key, which is ignored; did you mean "actions"?',
    ])
  })

  it('says that a condition without a value is not asked for', () => {
    const { rules, warnings } = acl(
      '  - match:\n      account: # &ann\n      name: ~\n      ip:\n    actions: []',
    )
    expect(rules).to.deep.equal([{ match: {}, actions: [] }])
    const what =
      'has no value, so that the rule does not ask for it, as in docker_auth; write one, or remove it'
    expect(warnings).to.deep.equal([
      `f:6:7: rule 1.match.account: ${what}`,
      `f:8:7: rule 1.match.ip: ${what}`,
    ])
  })

  const foreign: [string, string | undefined][] = [
    ['name: "${labels:team}/${labels:project}"', '16: rule 1.match.name: what ${labels:team} stands for'],
    ['account: "/^(.+)@x$/", name: "${account:1}/*"', '39: rule 1.match.name: what ${account:1} stands for'],
    ['name: "${labels:a}", service: "${labels:b}"', '16: rule 1.match.name: what ${labels:a} stands for'],
    ['name: "${account}/*"', undefined],
    ['name: "${labels}/{labels:x}"', undefined],
    ['labels: { group: "${labels:x}" }', undefined],
  ]
  for (const [match, expected] of foreign) {
    it(`${expected ? 'warns' : 'does not warn'} of what is read as a pattern in ${match}`, () => {
      const { warnings } = acl(`  - { match: { ${match} }, actions: [] }`)
      expect(warnings.map((warning) => warning.replace(/ is read as a pattern.*/, ''))).to.deep.equal(
        expected ? [`f:5:${expected}`] : [],
      )
    })
  }

  it('refuses what docker_auth can not read', () => {
    const { problems } = acl(
      '  - { match: [], actions: "*" }\n  - { match: { account: [a], labels: x }, actions: [{}], comment: [] }\n  - { match: { labels: { a: [b] } }, actions: [] }',
    )
    expect(problems).to.deep.equal([
      'f:5:14: rule 1.match: must be a map (KEY: VALUE)',
      'f:5:27: rule 1.actions: must be a list; put it in [ ]',
      'f:6:25: rule 2.match.account: must be one pattern, as text; write it without [ ]: "a"',
      'f:6:38: rule 2.match.labels: must be a map (KEY: VALUE)',
      'f:6:53: rule 2.actions[0]: must be text; put it in quotes',
      'f:6:67: rule 2.comment: must be text; put it in quotes',
      'f:7:29: rule 3.match.labels.a: must be one pattern, as text; write it without [ ]: "b"',
    ])
  })
})
