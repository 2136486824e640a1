// `dockwarden policy test`: its cases, its reports, and how it ends.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { compileRules } from '../../../core/plugin.ts'
import { PolicyFolder } from '../policy/policies.ts'

const CONFIG = `
token: { services: [reg.example.com] , keys: [{ certificate: none.pem, key: none.pem }] }
server: { listen: ":5001", tls: { certificate: none.pem, key: none.pem } }
authenticators:
  - plugin: static
    options:
      users:
        "": {}
        alice: { any_password: true }
        bob: { any_password: true, labels: { team: [red, blue] } }
  - { plugin: http, id: remote, options: { url: !env POLICY_TEST_UNSET, json: {}, accept: "true" } }
labelers:
  - { plugin: labels-map, options: { rules: [{ when: 'account == "night"', labels: { shift: night } }] } }
authorizers:
  - plugin: acl
    id: rules
    options:
      rules:
        - { match: { name: "prod/*" }, effect: deny, actions: [delete], comment: "never; ever" }
        - { match: { account: "/.+/", name: "\${account}/*" }, actions: ["*"] }
        - { match: { name: "\${labels:team}/*" }, actions: [pull, push], comment: Teams }
        - group: staff
          match: { labels: { role: staff } }
          rules:
            - { match: { name: "a/*" }, actions: [pull] }
            - { match: { name: "prod/*" }, actions: [pull, delete] }
        - { match: { ip: 10.0.0.0/8, type: registry }, actions: ["*"] }
        - { match: { labels: { shift: night } }, when: 'time.now.getHours("UTC") < 6', actions: [pull] }
        - { match: { name: "claims/*" }, when: 'claims.sub == "x"', actions: [pull] }
        - { match: { service: other.example.com }, actions: ["*"] }
        - { match: { account: "", name: "public/*" }, when: 'client.id == "docker"', actions: [pull] }
`

/** Each is as expected. */
const CASES = `
- { account: ann, scope: "repository:ann/app:pull,push,delete", expect: [delete, push, pull], rule: 2 }
- { account: ann, scope: "repository:bob/app:pull", expect: denied }
- { account: ann, scope: "repository:bob/app:pull", expect: [] }
- { account: bob, scope: "repository:red/app:push,delete", expect: [push], rule: rule 3 }
- { account: bob, scope: "repository:blue/app:pull", expect: [pull], rule: rule 3 (Teams) }
- { account: bob, labels: {}, scope: "repository:blue/app:pull", expect: denied }
- { account: bob, labels: { team: green }, scope: "repository:green/app:pull", expect: [pull], rule: "policy.yml:21" }
- { account: x, labels: { role: [staff] }, scope: "repository:a/b:pull,push", expect: [pull], rule: rule 1 of group staff }
- { account: x, labels: { role: staff }, scope: "repository:prod/b:pull,delete", expect: [pull], rule: 1 }
- { account: x, labels: { role: staff }, scope: "repository:prod/b:pull,delete", expect: [pull], rule: rule 2 of group staff }
- { account: x, scope: "repository:prod/b:delete", expect: denied, rule: rule 1 (never; ever) }
- { account: x, ip: 10.1.2.3, scope: "registry:catalog:*", expect: ["*"], rule: 5 }
- { account: x, ip: 192.0.2.1, scope: "registry:catalog:*", expect: denied }
- { account: night, at: 2026-03-01T02:30:00Z, scope: "repository:b/b:pull", expect: [pull], rule: "6" }
- { account: night, at: 2026-03-01T06:30:00Z, scope: "repository:b/b:pull", expect: denied }
- { account: x, service: other.example.com, scope: "repository:b/b:pull", expect: denied }
- { client: docker, scope: "repository:public/b:pull,push", expect: [pull], rule: 9 }
- { scope: "repository:public/b:pull", expect: denied }
`

describe('dockwarden policy test', () => {
  let folder: PolicyFolder
  let config: string
  beforeEach(() => {
    folder = new PolicyFolder()
    config = folder.write('policy.yml', CONFIG)
  })
  afterEach(() => folder.remove())

  async function run(...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []]
    const status = await runCommandLine(['policy', 'test', ...args], {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
    })
    const short = (texts: string[]) => texts.join('').replaceAll(`${folder.path}/`, '')
    return { status, stdout: short(out), stderr: short(err) }
  }

  const cases = (text: string) => folder.write('cases.yml', text)

  it('takes what is as expected, without keys, network and secrets', async () => {
    const { status, stdout, stderr } = await run(cases(CASES), '--config', config)
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: 'cases.yml: 18 of 18 cases as expected\n' })
    expect(stderr).to.match(/^note: policy.yml: \d problems? (is|are) left aside/)
  })

  it('takes the configuration that the file names, from its own folder', async () => {
    const file = folder.write(
      'tests/a.yml',
      `config: ../policy.yml\ncases:\n  - { scope: "repository:a/b:pull", expect: denied }\n`,
    )
    expect((await run(file)).status).to.equal(0)
    const other = await folder.ofRules([{ actions: ['pull'] }])
    expect((await run(file, '--config', other.file)).status).to.equal(1)
  })

  for (const [what, text, message] of [
    [
      'more',
      '{ account: bob, scope: "repository:red/app:push", expect: denied }',
      'expected denied, got [push], by rules: rule 3 (Teams) at policy.yml:21',
    ],
    [
      'less',
      '{ account: ann, scope: "repository:red/app:push", expect: [push] }',
      'expected [push], got denied, as no rule is about it',
    ],
    [
      'another action',
      '{ account: bob, scope: "repository:red/app:pull,push", expect: [pull, delete] }',
      'expected [pull, delete], got [pull, push], by rules',
    ],
    [
      'another rule',
      '{ account: bob, scope: "repository:red/app:push", expect: [push], rule: 2 }',
      'expected by rule 2, got [push], by rules: rule 3 (Teams)',
    ],
    [
      'another place',
      '{ account: bob, scope: "repository:red/app:push", expect: [push], rule: "policy.yml:2" }',
      'expected by policy.yml:2, got',
    ],
    [
      'no rule',
      '{ account: ann, scope: "repository:red/app:push", expect: denied, rule: 3 }',
      'expected by rule 3, got denied, as no rule is about it',
    ],
    [
      'no token',
      '{ service: unknown.example.com, scope: "repository:a/b:pull", expect: [pull] }',
      'there would be no token: service "unknown.example.com" is none',
    ],
  ] as const) {
    it(`fails on ${what}, and explains it`, async () => {
      const { status, stdout } = await run(cases(`- ${text}`), '--config', config)
      expect(status).to.equal(1)
      expect(stdout).to.include('cases.yml:1: failed: ').and.include(message)
      if (!message.includes('no token')) expect(stdout).to.match(/\n {4}rule 2 at policy.yml:20 (no|yes): /)
      expect(stdout).to.match(/\ncases.yml: 0 of 1 case as expected, 1 failed\n$/)
    })
  }

  it('what can not be judged is undecided, and equals no expectation', async () => {
    for (const wanted of ['denied', '[pull]']) {
      const { status, stdout } = await run(
        cases(`- { account: x, scope: "repository:claims/b:pull", expect: ${wanted} }`),
        '--config',
        config,
      )
      expect(status).to.equal(1)
      expect(stdout).to.include("undecided: plugin acl (id rules): rule 7 can't be judged: it reads claims")
      expect(stdout).to.include('1 undecided')
    }
  })

  it('an authorizer that needs a network is undecided, unless it is taken to pass', async () => {
    const remote = folder.write(
      'remote.yml',
      'authenticators: [{ plugin: static, options: { users: { a: { any_password: true } } } }]\nauthorizers:\n  - { plugin: exec, id: asked, options: { command: /bin/true } }\n  - { plugin: acl, options: { rules: [{ actions: [pull] }] } }\n',
    )
    const one = '{ account: a, scope: "repository:a/b:pull", expect: [pull] }'
    const undecided = await run(cases(`- ${one}`), '--config', remote, '--json')
    expect(undecided.status).to.equal(1)
    expect(JSON.parse(undecided.stdout).files[0].cases[0]).to.include({
      outcome: 'undecided',
      reason: 'plugin exec (id asked) is not asked: it may need a network, or run a program',
    })
    expect(undecided.stderr).to.include('note: remote.yml: plugin exec (id asked) is not asked')
    expect(await run(cases(`- ${one}`), '--config', remote, '--passing', 'asked')).to.include({
      status: 0,
      stderr: '',
    })
    expect((await run(cases(`config: remote.yml\npassing: [asked]\ncases:\n  - ${one}`))).status).to.equal(0)
    const wrong = await run(cases(`- ${one}`), '--config', remote, '--passing', 'askd')
    expect(wrong).to.deep.include({ status: 2, stdout: '' })
    expect(wrong.stderr).to.include(
      'has no authorizer "askd" that could be taken to pass; there is asked, acl',
    )
  })

  it('tells everything that is wrong with files of cases, with places and remedies', async () => {
    const file = cases(`
- { acount: a, scope: "repository:a:pull", expect: denied }
- { account: "a ", scope: "repository:a:pull", expect: denied }
- { account: a, scope: repository, expect: denied }
- { account: a, scope: "repository:a:pull", expect: pull }
- { account: a, scope: "repository:a:pull", expect: { a: b } }
- { account: a, scope: "repository:a:pull" }
- { account: a, expect: denied }
- { ip: 10.0.0, scope: "repository:a:pull", expect: denied }
- { at: yesterday, scope: "repository:a:pull", expect: denied }
- { labels: { a: { b: c } }, scope: "repository:a:pull", expect: denied }
- { scope: "repository:a:pull", expect: denied, rule: 0 }
`)
    const { status, stdout, stderr } = await run(
      file,
      folder.write('empty.yml', ''),
      folder.write('none.yml', '[]'),
      folder.write('map.yml', 'tests: []'),
      '/none/x.yml',
      '--config',
      config,
    )
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' })
    const lines = stderr.trimEnd().split('\n')
    for (const line of [
      'cases.yml:2:5: [0].acount: unknown key; did you mean "account"?',
      'cases.yml:3:14: [1].account: is no name that an account can have; leave it out for a client without credentials',
      'cases.yml:4:24: [2].scope: scope "repository" is not type:name:actions; write for example repository:team/app:pull,push',
      'cases.yml:5:53: [3].expect: must be a list of actions, or denied; write [pull]',
      'cases.yml:6:53: [4].expect: must be a list of actions such as [pull, push], or denied',
      'cases.yml:9:9: [7].ip: is no address; write for example 192.0.2.1',
      'empty.yml:1:1: is empty; write a list of cases',
      'none.yml:1:1: has no cases; write some',
      'map.yml:1:1: tests: unknown key; known: config, passing, cases',
      '/none/x.yml:1:1: cannot be read: there is no such file',
    ])
      expect(lines, stderr).to.include(line)
    for (const start of [
      'cases.yml:7:3: [5].expect: is missing',
      'cases.yml:8:3: [6].scope: is missing',
      'cases.yml:10:9: [8].at: is no time',
      'cases.yml:11:18: [9].labels.a: must be',
      'cases.yml:12:',
    ])
      expect(
        lines.filter((line) => line.startsWith(start)),
        `${start}\n${stderr}`,
      ).to.have.length(1)
  })

  it('ends with 2 when the rules themselves are wrong, or options do not go together', async () => {
    const broken = folder.write('broken.yml', CONFIG.replace('effect: deny', 'efect: deny'))
    const file = cases(CASES)
    const wrong = await run(file, '--config', broken)
    expect(wrong).to.deep.include({ status: 2, stdout: '' })
    expect(wrong.stderr).to.include('efect')
    expect((await run(file, '--config', config, '--tap', '--json')).status).to.equal(2)
    expect((await run('--config', config)).status).to.equal(2)
    expect((await run(file, '--config', config, '--junit', '/none/x.xml')).stderr).to.include(
      '--junit /none/x.xml cannot be written: there is no such',
    )
  })

  it('--coverage: how often each rule decided, and which never did', async () => {
    const { stdout } = await run(cases(CASES), '--config', config, '--coverage')
    const [head, ...rows] = stdout.split('\n\n')[0]!.split('\n')
    expect(head).to.match(/^DECIDED +AUTHORIZER +RULE +AT$/)
    expect(rows.slice(0, -1).map((row) => row.split(/ {2,}/))).to.deep.equal([
      ['3', 'rules', 'rule 1 (never; ever)', 'policy.yml:19'],
      ['1', 'rules', 'rule 2', 'policy.yml:20'],
      ['3', 'rules', 'rule 3 (Teams)', 'policy.yml:21'],
      ['1', 'rules', 'rule 1 of group staff', 'policy.yml:25'],
      ['2', 'rules', 'rule 2 of group staff', 'policy.yml:26'],
      ['1', 'rules', 'rule 5', 'policy.yml:27'],
      ['1', 'rules', 'rule 6', 'policy.yml:28'],
      ['never', 'rules', 'rule 7', 'policy.yml:29'],
      ['never', 'rules', 'rule 8', 'policy.yml:30'],
      ['1', 'rules', 'rule 9', 'policy.yml:31'],
    ])
    expect(rows.at(-1)).to.equal('policy.yml: 8 of 10 rules decided (80 %)')
    const { coverage } = JSON.parse(
      (await run(cases(CASES), '--config', config, '--coverage', '--json')).stdout,
    )
    expect(coverage[0]).to.include({ rules: 10, decided: 8 })
    expect(coverage[0].each[7]).to.include({ rule: 'rule 7', times: 0 })
  })

  const ODD = `- { name: "a # <b> & \\"c\\" \\u001b[31m", account: bob, scope: "repository:red/app:push", expect: denied }
- { account: ann, scope: "repository:ann/app:pull", expect: [pull] }
- { account: x, scope: "repository:claims/b:pull", expect: denied }
`

  it('--tap: a point each, and why it is not ok', async () => {
    const { status, stdout } = await run(cases(ODD), '--config', config, '--tap')
    expect(status).to.equal(1)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.slice(0, 3)).to.deep.equal([
      'TAP version 14',
      '1..3',
      'not ok 1 - a \\# <b> & "c" \\\\u{1b}[31m',
    ])
    expect(lines).to.include(
      '  message: "expected denied, got [push], by rules: rule 3 (Teams) at ' +
        `${folder.path}/policy.yml:21"`.replace(`${folder.path}/`, ''),
    )
    expect(
      lines.filter((line) => /^(not )?ok /.test(line)).map((line) => line.split(' - ')[0]),
    ).to.deep.equal(['not ok 1', 'ok 2', 'not ok 3'])
    expect(lines.filter((line) => line === '  ---').length).to.equal(
      lines.filter((line) => line === '  ...').length,
    )
  })

  it('--junit: failures and errors, well-formed', async () => {
    const report = `${folder.path}/report.xml`
    const { status } = await run(cases(ODD), '--config', config, '--junit', report)
    expect(status).to.equal(1)
    const xml = readFileSync(report, 'utf8')
    expect(xml).to.include('<testsuites tests="3" failures="1" errors="1">')
    expect(xml).to.include('name="a # &lt;b&gt; &amp; &quot;c&quot; \\u{1b}[31m"')
    expect(xml).to.match(
      /<failure message="expected denied, got \[push\], by rules: rule 3 \(Teams\) at .*policy.yml:21">/,
    )
    expect(xml).to.match(/<error message="expected denied, got undecided: plugin acl/)
    expect(xml.replace(/<[^<>]*>/g, '')).to.not.match(/[<>]/)
  })

  it('catches one mistake among 300 rules', async () => {
    const rules = Array.from({ length: 300 }, (_, at) => ({
      match: { account: `/^dev-${at}-/`, name: `team-${at}/**` },
      actions: ['pull', 'push'],
    }))
    const wanted = rules.map(
      (_, at) =>
        `- { account: dev-${at}-ann, scope: "repository:team-${at}/a/b:pull,push", expect: [pull, push], rule: ${at + 1} }`,
    )
    const right = await folder.ofRules(rules)
    expect((await run(cases(wanted.join('\n')), '--config', right.file)).status).to.equal(0)
    const slip = rules.with(173, {
      match: { account: '/^dev-17-/', name: 'team-173/**' },
      actions: ['pull', 'push'],
    })
    // A mistake that the rules themselves do not show.
    expect(compileRules(slip, { substitution: 'literal' }).warnings).to.deep.equal([])
    const { status, stdout } = await run(
      cases(wanted.join('\n')),
      '--config',
      (await folder.ofRules(slip)).file,
    )
    expect(status).to.equal(1)
    expect(stdout).to.include('cases.yml:174: failed: dev-173-ann repository:team-173/a/b:pull,push')
    expect(stdout)
      .to.include('rule 174 at policy-2.yml')
      .and.include('account is dev-173-ann, wanted /^dev-17-/')
    expect(stdout).to.match(/299 of 300 cases as expected, 1 failed\n$/)
  })
})
