// Groups and included files, with real files that change while the plugin runs.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import { type Authorizer, deny, type FilePlace, grant, pass, toLabels } from '../../core/plugin.ts'
import { createFiles } from '../../core/services/files.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { createYamlFiles } from '../../core/yaml/yaml-files.ts'
import plugin from './index.ts'

const LOOK_EVERY = 20

describe('acl: groups and includes', () => {
  let folder: string
  let opened: Authorizer[]
  /** A test that has failed waits no longer. */
  let over: AbortController
  beforeEach(() => {
    over = new AbortController()
    folder = mkdtempSync(join(tmpdir(), 'acl-'))
    opened = []
  })
  afterEach(async () => {
    over.abort()
    for (const one of opened) await one.close?.()
    rmSync(folder, { recursive: true })
  })

  function write(name: string, text: string): void {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }

  /** Messages with the folder's name taken out. */
  const short = (text: string) => text.replaceAll(`${folder}/`, '')

  function open(rules: readonly object[], more: object = {}, services: object = {}) {
    const files = createFiles(folder, LOOK_EVERY)
    const host = testHost({ files, yaml: createYamlFiles(files), ...services })
    const options = plugin.options.parse({ rules, ...more })
    const instance = plugin.create(options, host) as Authorizer
    opened.push(instance)
    const ask = (
      name: string,
      asked: { account?: string; labels?: Record<string, string[]>; actions?: string[] } = {},
    ) => {
      const { account = 'ann', labels = {}, actions = ['pull', 'push'] } = asked
      return instance.authorize(
        { type: 'repository', name, actions },
        testRequest({ account, labels: toLabels(labels) }),
      )
    }
    const logged = (level: string) =>
      host.log.lines
        .filter((line) => line.level === level)
        .map(({ facts, message }) => ({ ...facts, message: short(message) }))
    return { ask, logged }
  }

  function failure(rules: readonly object[]): string[] {
    try {
      open(rules)
    } catch (error) {
      return short((error as Error).message).split('\n')
    }
    throw new Error('it was opened')
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await wait(5, undefined, { signal: over.signal })
  }

  it('a rule of a group needs the conditions of the group too, and is named after it', async () => {
    const { ask } = open([
      {
        group: 'staff',
        match: { account: '/^(.+)@corp$/', labels: { role: 'staff' } },
        when: '"pull" in actions',
        rules: [
          { match: { name: '${account:1}/*' }, actions: ['*'], comment: 'Own' },
          {
            match: { name: 'shared/*', labels: { team: 'x' } },
            when: '"push" in actions',
            actions: ['pull'],
          },
        ],
      },
      { actions: [] },
    ])
    const account = 'ann@corp'
    const staff = { role: ['staff'] }
    const team = { ...staff, team: ['x'] }
    const nothing = grant([], 'rule 2')
    expect(await ask('ann/app', { account, labels: staff })).to.deep.equal(
      grant(['pull', 'push'], 'rule 1 of group staff (Own)'),
    )
    expect(await ask('ann/app', { account })).to.deep.equal(nothing)
    expect(await ask('ann/app', { account, labels: staff, actions: ['push'] })).to.deep.equal(nothing)
    expect(await ask('shared/a', { account, labels: team })).to.deep.equal(
      grant(['pull'], 'rule 2 of group staff'),
    )
    expect(await ask('shared/a', { account, labels: staff })).to.deep.equal(nothing)
    expect(await ask('shared/a', { account, labels: team, actions: ['pull'] })).to.deep.equal(nothing)
  })

  it('files and folders stand in the place of their include, a folder by the names of its files', async () => {
    write('rules.d/20-b.yaml', '- { match: { name: b }, actions: [pull] }')
    write(
      'rules.d/10-a.yml',
      '- { match: { name: "[ab]" }, actions: [pull, push] }\n- include: ../more/c.yml',
    )
    write('rules.d/.hidden.yml', '- { actions: ["*"] }')
    write('rules.d/README.md', 'no rules')
    write('more/c.yml', '- { match: { name: c }, actions: [pull], comment: C }\n- include: d.yml')
    write('more/d.yml', '[]')
    write('rules.d/nested/e.yml', '- { actions: ["*"] }')
    const { ask, logged } = open([{ include: 'rules.d' }, { match: { name: 'c' }, actions: ['*'] }])
    expect(await ask('a')).to.deep.equal(grant(['pull', 'push'], 'rule 1 of rules.d/10-a.yml'))
    expect(await ask('b')).to.deep.equal(grant(['pull', 'push'], 'rule 1 of rules.d/10-a.yml'))
    expect(await ask('c')).to.deep.equal(grant(['pull'], 'rule 1 of more/c.yml (C)'))
    expect(await ask('d')).to.deep.equal(pass)
    expect(logged('warn').map((line) => line.message.replace(/:.*/, ''))).to.deep.equal([
      'can never be reached',
      'can never be reached',
    ])
    const [first, second] = logged('warn') as unknown as [{ at: FilePlace }, { at: string[] }]
    expect({ ...first.at, file: short(first.at.file) }).to.deep.equal({
      file: 'rules.d/20-b.yaml',
      line: 1,
      column: 3,
      path: 'rules[0]',
    })
    expect(second.at).to.deep.equal(['rules', 1])
  })

  it('what a group includes needs the conditions of the group', async () => {
    write('staff.yml', '- { group: own, match: { name: "a/*" }, rules: [{ effect: deny, actions: [push] }] }')
    const { ask } = open([
      { group: 'staff', match: { labels: { role: 'staff' } }, rules: [{ include: 'staff.yml' }] },
    ])
    const rule = 'rule 1 of group own in staff.yml'
    expect(await ask('a/b', { labels: { role: ['staff'] }, actions: ['push'] })).to.deep.equal(
      deny(`denied by ${rule}`),
    )
    expect(await ask('a/b')).to.deep.equal(pass)
  })

  it('tells everything that is wrong in included files, with file, line, column and remedy', () => {
    write('a.yml', '- match: { name: "[a" }\n  actions: [pull]\n- actoins: [pull]\n- { include: none.yml }\n')
    write('b.yml', '- { include: b.yml }\n- { include: ./c.yml }\n')
    write(
      'c.yml',
      '- match: { labels: { role: x } }\n  when: acount == ""\n  actions: []\n- include: b.yml\n',
    )
    write('d.yml', 'rules: []')
    write('e.yml', '- [')
    write('f.yml', '')
    const includes = ['a', 'd', 'e', 'f', 'g'].map((name) => ({ include: `${name}.yml` }))
    expect(failure(includes)).to.deep.equal([
      'a.yml:1:18: rule 1.match.name: is a malformed glob, so the rule never matches; close every [ and write \\ before a character that is meant as itself',
      'a.yml:3:3: rule 2.actoins: unknown key; did you mean "actions"?',
      'a.yml:3:3: rule 2.actions: is missing; write [pull], ["*"] for whatever is asked, or [] for nothing',
      'd.yml:1:1: is a map; write a list: begin each item with "- "',
      'e.yml:1:4: Flow sequence in block collection must be sufficiently indented and end with a ]; begin all keys of a map, and all items of a list, in the same column, and indent what stands in { } or [ ] further than the key before it',
      'f.yml:1:1: is empty; write a list',
      'rule 5: include: cannot read g.yml: there is no such file; correct the path, or make the file',
    ])
    const group = [{ group: 'staff', match: { labels: { role: 'staff' } }, rules: [{ include: 'b.yml' }] }]
    expect(failure(group)).to.deep.equal([
      'b.yml:1:14: b.yml includes itself; remove this include',
      'c.yml:1:28: rule 1.match.labels.role: is set by group staff too; leave out one of them, or move the rule out of it',
      'c.yml:2:9: rule 1.when: not a valid CEL expression: Unknown variable: acount at "acount"; did you mean "account"?',
    ])
    write('c.yml', '- include: b.yml')
    expect(failure(group)).to.deep.equal([
      'b.yml:1:14: b.yml includes itself; remove this include',
      'c.yml:1:12: b.yml includes itself; remove this include',
    ])
  })

  it('an included file that is no clean YAML is refused at its place', () => {
    write('a.yml', '- match: { account: *@corp.com }\n  actions: ["*"]\n')
    write('b.yml', '- match: { labels: { ~: x } }\n  actions: []\n')
    write('c.yml', '[]\n---\n- actions: ["*"]\n')
    write('d.yml', '[]\n---\n')
    writeFileSync(join(folder, 'e.yml'), '- actions: []\n  comment: f\xFCr\n', 'latin1')
    write(
      'f.yml',
      `- &a0 [x]\n${Array.from({ length: 60 }, (_, at) => `- &a${at + 1} [*a${at}, *a${at}]\n`).join('')}`,
    )
    expect(failure(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ include: `${name}.yml` })))).to.deep.equal(
      [
        'a.yml:1:21: rule 1.match.account: there is no anchor &@corp.com before this *@corp.com; text that begins with * needs quotes: "*@corp.com"',
        'b.yml:1:22: rule 1.match.labels: ~ is no name; write "" for the empty one (of users: requests without credentials), or "null" in quotes for that name',
        'c.yml:2:1: a second document begins here, and a file holds one; remove it, or the line (---) that begins it',
        'e.yml:2:13: the byte at offset 26 is not UTF-8; save the file as UTF-8, or correct this character',
        'f.yml:18:9: rule 18[0]: aliases make more than 500,000 values of this file; write fewer',
      ],
    )
  })

  it('a folder without rules is a warning', async () => {
    mkdirSync(join(folder, 'rules.d'))
    const { ask, logged } = open([{ include: 'rules.d' }])
    expect(logged('warn')).to.deep.equal([
      { at: ['rules', 0, 'include'], message: 'rules.d holds no *.yml and no *.yaml file, and so no rules' },
    ])
    expect(await ask('a')).to.deep.equal(pass)
    write('rules.d/a.yml', '- { actions: [pull] }')
    await until(async () => (await ask('a')).outcome === 'grant')
  })

  describe('while the server runs', () => {
    it('a file that changes is read again, and so are files that come and go', async () => {
      write('rules.d/a.yml', '- { match: { name: a }, actions: [pull] }')
      const { ask, logged } = open([{ include: 'rules.d' }])
      expect(await ask('a')).to.deep.equal(grant(['pull'], 'rule 1 of rules.d/a.yml'))
      write('rules.d/a.yml', '- { match: { name: a }, actions: [pull, push] }')
      await until(async () =>
        isDeepStrictEqual(await ask('a'), grant(['pull', 'push'], 'rule 1 of rules.d/a.yml')),
      )
      write('rules.d/0.yml', '- include: ../b.yml')
      write('b.yml', '- { match: { name: b }, actions: [pull] }')
      await until(async () => (await ask('b')).outcome === 'grant')
      write('b.yml', '- { match: { name: c }, actions: [pull] }')
      await until(async () => (await ask('c')).outcome === 'grant')
      expect(await ask('b')).to.deep.equal(pass)
      unlinkSync(join(folder, 'rules.d/a.yml'))
      await until(async () => (await ask('a')).outcome === 'pass')
      expect(logged('info').map(({ message }) => message)).to.include('included rules read again')
      expect(logged('warn')).to.deep.equal([])
    })

    it('a mistake keeps the rules as they were, warns once with its place, and is over once it is corrected', async () => {
      write('a.yml', '- { match: { name: a }, actions: [pull] }')
      const { ask, logged } = open([{ include: 'a.yml' }, { match: { name: 'b' }, actions: ['*'] }])
      write('a.yml', '- { match: { name: b }, actions: [pull] }\n- { include: c.yml }')
      await until(async () => logged('warn').length > 0)
      write('c.yml', '- { match: { name: "[" }, actions: [pull] }')
      await until(async () => logged('warn').length > 1)
      expect(await ask('a')).to.deep.equal(grant(['pull'], 'rule 1 of a.yml'))
      expect(await ask('b')).to.deep.equal(grant(['pull', 'push'], 'rule 2'))
      const before = 'the included rules could not be read again, and those in use stay: '
      expect(logged('warn').map(({ message }) => message.replace(/; .*/, ''))).to.deep.equal([
        `${before}a.yml:2:14: cannot read c.yml: there is no such file`,
        `${before}c.yml:1:20: rule 1.match.name: is a malformed glob, so the rule never matches`,
      ])
      write('c.yml', '- { match: { name: c }, actions: [pull] }')
      await until(async () => (await ask('c')).outcome === 'grant')
      expect(await ask('a')).to.deep.equal(pass)
    })

    it('a folder that is emptied or gone keeps its rules, for its denials would be gone too', async () => {
      write('rules.d/a.yml', '- { match: { name: a }, actions: [] }')
      const { ask, logged } = open([{ include: 'rules.d' }, { actions: ['*'] }])
      unlinkSync(join(folder, 'rules.d/a.yml'))
      await until(async () => logged('warn').length > 0)
      rmSync(join(folder, 'rules.d'), { recursive: true })
      await until(async () => logged('warn').length > 1)
      expect(await ask('a')).to.deep.equal(grant([], 'rule 1 of rules.d/a.yml'))
      expect(logged('warn').map(({ message }) => message.replace(/.*: /, ''))).to.deep.equal([
        'rules.d holds no *.yml and no *.yaml file any more; put them back, or one that holds [] to have no rules',
        'there is no such file; correct the path, or make the file',
      ])
      write('rules.d/a.yml', '[]')
      await until(async () => logged('info').length > 0)
      expect(await ask('a')).to.deep.equal(grant(['pull', 'push'], 'rule 2'))
    })

    it('thousands of rules are read and compiled in turns with others, and swapped whole', async () => {
      write('many.yml', '- actions: []\n')
      let turns = 0
      // It is always time to give way.
      const work = {
        spend: () => true,
        giveWay: async () => {
          turns += 1
          if (turns % 100 === 0) await wait(0)
        },
      }
      const { ask } = open([{ include: 'many.yml' }], {}, { work })
      const granted = async (name: string) => {
        const outcome = await ask(name)
        return outcome.outcome === 'grant' && outcome.actions.length > 0
      }
      const rules = Array.from(
        { length: 2_000 },
        (_, index) => `- match: { name: team-${index}/* }\n  actions: ["*"]\n`,
      )
      write('many.yml', rules.join(''))
      await until(async () => {
        const [first, last] = await Promise.all([granted('team-0/app'), granted('team-1999/app')])
        expect(first).to.equal(last)
        return first
      })
      expect(turns).to.be.above(4_000)
    })

    it('a folder behind a symbolic link may be swapped whole, as Kubernetes does', async () => {
      write('one/a.yml', '- { match: { name: a }, actions: [pull] }')
      write('two/a.yml', '- { match: { name: b }, actions: [pull] }')
      symlinkSync('one', join(folder, 'rules.d'))
      const { ask } = open([{ include: 'rules.d' }])
      expect((await ask('a')).outcome).to.equal('grant')
      symlinkSync('two', join(folder, 'next'))
      renameSync(join(folder, 'next'), join(folder, 'rules.d'))
      await until(async () => (await ask('b')).outcome === 'grant')
      expect(await ask('a')).to.deep.equal(pass)
    })
  })
})
