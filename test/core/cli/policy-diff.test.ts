// `dockwarden policy diff` and `policy generate`: what they say, and how they end.

import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { parse } from 'yaml'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { generateCases } from '../../../core/cli/policy/generate.ts'
import { readLogs } from '../../../core/policy/logged.ts'
import { PolicyFolder } from '../policy/policies.ts'

const OWN = { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] }
const PULL = { match: { account: '/.+/', name: '*/*' }, actions: ['pull'], comment: 'everybody' }

describe('dockwarden policy diff and generate', () => {
  let folder: PolicyFolder
  beforeEach(() => {
    folder = new PolicyFolder()
  })
  afterEach(() => folder.remove())

  async function run(...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []]
    const status = await runCommandLine(['policy', ...args], {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
    })
    const short = (texts: string[]) => texts.join('').replaceAll(`${folder.path}/`, '')
    return { status, stdout: short(out), stderr: short(err) }
  }

  const line = (more: object) =>
    `${JSON.stringify({
      level: 'info',
      time: '2026-03-02T10:00:00.000Z',
      audit: 'token',
      request: 'x',
      account: 'ann',
      ip: '192.0.2.1',
      service: 'reg.example.com',
      labels: { group: ['dev'] },
      scopes: ['repository:ann/app:pull,push'],
      access: ['repository:ann/app:pull,push'],
      rules: ['acl: rule 1'],
      status: 200,
      ...more,
    })}\n`

  it('nothing changes: exit 0, with the share of rules that were decided', async () => {
    const one = await folder.ofRules([OWN, PULL])
    const two = await folder.ofRules([OWN, { ...PULL, comment: 'another comment' }])
    const { status, stdout } = await run('diff', one.file, two.file, '--count', '500')
    expect(status).to.equal(0)
    expect(stdout).to.match(/^Made of the rules: 0 of \d+ requests are answered otherwise\n/)
    expect(stdout).to.include('policy-1.yml: 2 of 2 rules decided\npolicy-2.yml: 2 of 2 rules decided\n')
  })

  it('takes an authorizer to pass that only one of both has', async () => {
    const one = await folder.ofRules([OWN, PULL])
    const two = folder.write(
      'elsewhere.yml',
      readFileSync(one.file, 'utf8').replace(
        'authorizers: [',
        'authorizers: [{ plugin: exec, options: { command: /no/such } }, ',
      ),
    )
    const { status, stderr } = await run('diff', one.file, two, '--passing', 'exec', '--count', '100')
    expect(status, stderr).to.equal(0)
    expect((await run('diff', one.file, two, '--passing', 'exec', '--passing', 'exek')).stderr).to.match(
      /policy-\d\.yml and elsewhere\.yml have no authorizer "exek" that could be taken to pass; there is acl, exec/,
    )
  })

  it('something changes: what, for whom, and by which rules, exit 1', async () => {
    const one = await folder.ofRules([OWN, PULL])
    const two = await folder.ofRules([
      { match: { name: 'prod/*' }, effect: 'deny', actions: ['pull'] },
      OWN,
      { ...PULL, actions: ['pull', 'push'] },
    ])
    const { status, stdout } = await run('diff', one.file, two.file)
    expect(status).to.equal(1)
    const [more, less] = [stdout.indexOf('grants [push] more'), stdout.indexOf('grants [pull] less')]
    expect(more).to.be.greaterThan(0)
    expect(less).to.be.greaterThan(more)
    expect(stdout.slice(more, less)).to.match(
      /before: by acl: rule 2 \(everybody\) at policy-1\.yml:\d+\n {4}after: {2}by acl: rule 3 \(everybody\) at policy-2\.yml:\d+\n {4}for .*\n {6}account .*: repository:.* {3}(denied|\[pull\]) -> \[.*push.*\]\n/,
    )
    expect(stdout.slice(less)).to.match(/after: {2}by acl: denied by rule 1 at policy-2\.yml:\d+\n/)
  })

  it('--json: the same for programs', async () => {
    const one = await folder.ofRules([OWN])
    const two = await folder.ofRules([OWN, PULL])
    const { status, stdout } = await run('diff', one.file, two.file, '--json', '--count', '0')
    expect(status).to.equal(1)
    const { same, before, after, generated } = JSON.parse(stdout)
    expect(same).to.equal(false)
    expect(before).to.deep.include({ config: 'policy-1.yml', rules: 1, decided: 1, never: [] })
    expect(after).to.deep.include({ rules: 2, decided: 2 })
    expect(generated.changed).to.equal(
      generated.changes.flatMap((group: { requests: unknown[] }) => group.requests).length,
    )
    expect(generated.changes[0]).to.deep.include({ more: ['pull'], less: [] })
    expect(generated.changes[0].rules.after[0]).to.include({ authorizer: 'acl', rule: 'rule 2 (everybody)' })
  })

  it('an old file of docker_auth against a native one', async () => {
    const old = await folder.ofDockerAuth([OWN, PULL])
    const same = await folder.ofRules([OWN, PULL])
    const other = await folder.ofRules([{ ...OWN, match: { account: '/.+/', name: '${account}/**' } }, PULL])
    expect((await run('diff', old.file, same.file)).status).to.equal(0)
    expect((await run('diff', old.file, other.file)).status).to.equal(1)
  })

  it('--log: what was asked in it, each once; what tells too little is counted', async () => {
    const one = await folder.ofRules([OWN, PULL])
    const two = await folder.ofRules([
      { match: { account: 'ann', name: 'ann/app' }, actions: ['pull'] },
      OWN,
      PULL,
    ])
    const log = folder.write(
      'audit.log',
      [
        line({}),
        `auth-1  | ${line({})}`,
        line({
          account: 'bob',
          scopes: ['repository:ann/app:pull', 'repository:bob/app:push'],
          access: ['repository:ann/app:pull', 'repository:bob/app:push'],
          rules: ['acl: rule 2', 'acl: rule 1'],
        }),
        line({ status: 401, access: undefined, rules: undefined }),
        line({ explained_to: 'root' }),
        line({ labels_left_out: 3 }),
        line({
          rules: ['token: it is limited to other resources or actions'],
          access: ['repository:ann/app:'],
        }),
        line({ account: 'eve\u200b' }),
        'no JSON "audit"\n{"audit":"token"\n',
        line({ scopes: ['nonsense'], access: ['nonsense'] }),
        '{"audit":"guard"}\n',
      ].join(''),
    )
    const { status, stdout } = await run('diff', one.file, two.file, '--log', log, '--count', '0')
    expect(status).to.equal(1)
    expect(stdout).to.include(
      'Asked in the log: 1 of 3 requests is answered otherwise\n\n  grants [push] less\n',
    )
    expect(stdout).to.include(
      'account ann with label group [dev], from 192.0.2.1, for service reg.example.com, at 2026-03-02T10:00:00.000Z: repository:ann/app:pull,push   [pull, push] -> [pull]',
    )
    expect(stdout).to.include('6 of 9 audit lines tell too little')
    const { log: shown } = JSON.parse((await run('diff', one.file, two.file, '--log', log, '--json')).stdout)
    expect(shown).to.include({ asked: 3, changed: 1, undecided: 0, lines: 9, skipped: 6 })
  })

  it('the same at another time is another question only where a rule looks at the time', async () => {
    const log = folder.write('audit.log', line({}) + line({ time: '2026-03-02T02:00:00.000Z' }))
    for (const [timed, count] of [
      [false, 1],
      [true, 2],
    ] as const)
      expect((await readLogs([log], Readable.from([]), timed)).requests).to.have.length(count)
    const one = await folder.ofRules([{ ...OWN, when: 'time.now.getHours("UTC") < 6' }])
    const two = await folder.ofRules([{ ...OWN, when: 'time.now.getHours("UTC") < 1' }])
    const { stdout } = await run('diff', one.file, two.file, '--log', log)
    expect(stdout).to.include('Asked in the log: 1 of 2 requests is answered otherwise')
  })

  it('what neither can decide is told, and is no 0', async () => {
    const exec =
      'authenticators: [{ plugin: static, options: { users: { a: { any_password: true } } } }]\nauthorizers:\n  - { plugin: exec, options: { command: /bin/true } }\n'
    const acl = (rules: object[]) => `  - { plugin: acl, options: { rules: ${JSON.stringify(rules)} } }\n`
    const one = folder.write('one.yml', exec + acl([OWN]))
    const two = folder.write('two.yml', exec + acl([OWN, PULL]))
    const { status, stdout } = await run('diff', one, two)
    expect(status).to.equal(1)
    expect(stdout).to.match(
      /0 of (\d+) requests are answered otherwise; \d+ can't be decided without a network/,
    )
    expect(stdout).to.include(
      'two.yml: 0 of 2 rules decided; never: rule 1 at two.yml:4, rule 2 (everybody) at two.yml:4',
    )
    const passing = await run('diff', one, two, '--passing', 'exec')
    expect(passing.status).to.equal(1)
    expect(passing.stdout).to.include('grants [pull] more')
    expect((await run('diff', one, one, '--passing', 'exec')).status).to.equal(0)
  })

  it('ends with 2 for what it can not read', async () => {
    const { file } = await folder.ofRules([OWN])
    for (const [args, message] of [
      [[file], "missing required argument 'new'"],
      [[file, '/none.yml'], 'cannot be read'],
      [[file, file, '--log', '/none.log'], '/none.log cannot be read: there is no such file'],
      [[file, file, '--count', 'many'], '--count "many" is no whole number'],
      [[file, file, '--seed', '-1'], '--seed "-1" is no whole number'],
      [[file, file, '--passing', 'x'], 'has no authorizer "x"'],
      [
        [
          file,
          folder.write(
            'broken.yml',
            'authorizers: [{ plugin: acl, options: { rules: [{ match: { name: "[" }, actions: [] }] } }]',
          ),
        ],
        'malformed glob',
      ],
    ] as const) {
      const { status, stdout, stderr } = await run('diff', ...args)
      expect({ status, stdout }, message).to.deep.equal({ status: 2, stdout: '' })
      expect(stderr).to.include(message)
    }
  })

  it('generate: cases that hold, one for each account and rule', async () => {
    const { file } = await folder.ofRules([OWN, PULL])
    const of = (account: string, scope: string, access: string, rule: string) =>
      line({ account, scopes: [scope], access: [access], rules: [rule] })
    const log = folder.write(
      'audit.log',
      [
        of('ann', 'repository:bob/x:pull,push', 'repository:bob/x:pull', 'acl: rule 2 (everybody)'),
        of('ann', 'repository:bob/y:pull,push', 'repository:bob/y:pull', 'acl: rule 2 (everybody)'),
        of('ann', 'repository:bob/y:pull,push', 'repository:bob/y:pull', 'acl: rule 2 (everybody)'),
        of('ann', 'repository:ann/app:push', 'repository:ann/app:push', 'acl: rule 1'),
        of('ann', 'repository:deep/er/app:pull', 'repository:deep/er/app:', 'none matched'),
        of('', 'repository:bob/x:pull', 'repository:bob/x:', 'none matched'),
      ].join(''),
    )
    const { status, stdout, stderr } = await run('generate', '--log', log)
    expect({ status, stderr }).to.deep.equal({
      status: 0,
      stderr: 'note: 4 cases from 6 audit lines, of which 0 tell too little\n',
    })
    const cases = parse(stdout)
    expect(
      cases.map(({ account, scope, expect }: Record<string, unknown>) => [account, scope, expect]),
    ).to.deep.equal([
      [undefined, 'repository:bob/x:pull', 'denied'],
      ['ann', 'repository:ann/app:push', ['push']],
      ['ann', 'repository:bob/y:pull,push', ['pull']],
      ['ann', 'repository:deep/er/app:pull', 'denied'],
    ])
    expect(cases[1]).to.deep.include({
      name: 'ann: acl: rule 1',
      labels: { group: ['dev'] },
      ip: '192.0.2.1',
      service: 'reg.example.com',
    })
    expect((await run('test', folder.write('cases.yml', stdout), '--config', file)).stdout).to.equal(
      'cases.yml: 4 of 4 cases as expected\n',
    )
  })

  it('generate: from standard input; a log without cases is exit 1, no log is 2', async () => {
    const out: string[] = []
    const output = { stdout: { write: (text: string) => out.push(text) }, stderr: { write: () => {} } }
    expect(await generateCases({ log: ['-'] }, { input: Readable.from([line({})]), output })).to.equal(0)
    expect(parse(out.join(''))).to.have.length(1)
    expect(await generateCases({ log: ['-'] }, { input: Readable.from(['nothing\n']), output })).to.equal(1)
    expect((await run('generate')).status).to.equal(2)
    expect((await run('generate', '--log', '/none.log')).stderr).to.equal(
      'dockwarden: /none.log cannot be read: there is no such file\n',
    )
  })
})
