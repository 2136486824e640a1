// The parts of the benchmarks that can be wrong: the command line, the comparison before anything is timed, and how the table is shown.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { CommanderError } from 'commander'
import { differences } from '../bench/against/compare.ts'
import { type Question, questions, RULES_ASKED, usersAsked } from '../bench/against/questions.ts'
import { writeDockerAuth } from '../bench/files.ts'
import { readOptions } from '../bench/options.ts'
import { cpuOf, machineCpu, memoryOf } from '../bench/process.ts'
import { noise } from '../bench/quiet.ts'
import { otherCommand } from '../bench/servers.ts'
import { Costs, type Who } from '../bench/table/measure.ts'
import { printed } from '../bench/table/print.ts'
import { type Row, rowsOf } from '../bench/table/rows.ts'
import type { SubjectName } from '../bench/table/subjects.ts'
import type { Rule } from '../core/acl/rule.ts'
import { startTestServer } from './support/server.ts'

describe('bench: the command line', () => {
  const usual = {
    steps: false,
    rules: false,
    names: [],
    against: undefined,
    rounds: 5,
    seconds: 6,
    short: false,
    markdown: false,
  }
  for (const [args, expected] of [
    ['', usual],
    ['--short', { ...usual, short: true, rounds: 1, seconds: 1 }],
    ['--short --rounds 2 --seconds 0.5', { ...usual, short: true, rounds: 2, seconds: 0.5 }],
    ['--steps decide audit', { ...usual, steps: true, names: ['decide', 'audit'], rounds: 7 }],
    ['--rules name --rounds 3', { ...usual, rules: true, names: ['name'], rounds: 3 }],
    ['--against other --markdown', { ...usual, against: 'other', markdown: true }],
  ] as const) {
    it(`reads ${args || 'nothing'}`, () => {
      expect(readOptions(args.split(' ').filter(Boolean))).to.deep.equal(expected)
    })
  }

  for (const args of [
    '--rounds 0',
    '--rounds x',
    '--seconds -1',
    '--against',
    '--steps --rules',
    '--steps --against other',
    'decide',
    '--unknown',
  ]) {
    it(`refuses ${args}`, () => {
      const written = process.stderr.write
      process.stderr.write = () => true
      try {
        expect(() => readOptions(args.split(' '))).to.throw(CommanderError)
      } finally {
        process.stderr.write = written
      }
    })
  }

  for (const [text, expected] of [
    ['other', "exec other '/a b.yml'"],
    ['other -v {config}', "exec other -v '/a b.yml'"],
    ['other --at={address} {config} -q', "exec other --at='localhost:1' '/a b.yml' -q"],
  ] as const) {
    it(`starts ${text}`, () => {
      expect(otherCommand(text, '/a b.yml', 'localhost:1')).to.deep.equal(['/bin/sh', '-c', expected])
    })
  }
})

describe('bench: the comparison of two servers', function () {
  this.timeout(60_000)
  const all = questions()

  it('asks a hundred requests, the same ones each time: of everybody, for none and for several scopes', () => {
    expect(all).to.have.length(100).and.to.deep.equal(questions())
    expect(new Set(all.map(({ account }) => account)).size).to.equal(5)
    expect(all.some(({ password }) => password === undefined)).to.equal(true)
    expect(all.some(({ method }) => method === 'POST')).to.equal(true)
    expect(new Set(all.map(({ scopes }) => scopes.length))).to.include.members([0, 1, 2])
    expect(all.some(({ scopes }) => scopes.includes('registry:catalog:*'))).to.equal(true)
  })

  it('finds nothing between servers of one file, and each request that another file answers in another way', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-test-bench-'))
    const users = await usersAsked()
    const start = async (acl: readonly Rule[]) => {
      const file = await writeDockerAuth({ folder, name: 'bench', address: '127.0.0.1:0' }, 'ec', acl, {
        users,
      })
      return startTestServer({ config: readFileSync(file, 'utf8') })
    }
    await using one = await start(RULES_ASKED)
    await using same = await start(RULES_ASKED)
    await using other = await start(RULES_ASKED.filter(({ match }) => match?.name !== 'public/*'))
    const urlOf = ({ port }: { port: number }) => `http://127.0.0.1:${port}`
    expect(await differences([urlOf(one), urlOf(same)], all)).to.deep.equal([])
    const found = await differences([urlOf(one), urlOf(other)], all)
    const concerned = all.filter(isAboutPublic)
    expect(found).to.have.length(concerned.length).and.to.not.have.length(0)
    expect(found[0]!.question).to.match(/^GET by nobody for .*repository:public\/app/)
    expect(found[0]!.answers[0]).to.include('public/app:pull')
    expect(found[0]!.answers[1]).to.not.include('public/app')
    rmSync(folder, { recursive: true })
  })
})

function isAboutPublic({ password, scopes }: Question): boolean {
  return password === undefined && scopes.some((scope) => scope.startsWith('repository:public/app:pull'))
}

describe('bench: the table', () => {
  const rows: Row[] = [
    { work: 'ES256', other: '250 us', ours: '100 us (2.5 x better)', must: '1.6 x better', met: true },
    { work: 'start', other: '', ours: '900 ms', must: 'at most 400 ms', met: false },
    { work: 'limit', other: '', ours: '40 us', must: '', met: undefined },
  ]
  const run = { rounds: 3, seconds: 6, now: new Date(0), noise: undefined }

  it('is shown as Markdown, with machine and date', () => {
    const [machine, empty, ...table] = printed(rows, run, true).split('\n')
    expect(machine).to.match(/^1970-01-01: \d+ x .+, Node \d+\.\d+\.\d+; medians of 3 x 6 s in turn\.$/)
    expect(empty).to.equal('')
    expect(table).to.deep.equal([
      '| work | other | Dockwarden | must |  |',
      '|---|---|---|---|---|',
      '| ES256 | 250 us | 100 us (2.5 x better) | 1.6 x better | met |',
      '| start |  | 900 ms | at most 400 ms | MISSED |',
      '| limit |  | 40 us |  |  |',
    ])
  })

  it('has no column for another server that there is not, and says aloud what it was disturbed by', () => {
    const loud = noise(0.02, 0.5)
    const text = printed(rows.slice(1), { ...run, noise: loud }, false)
    expect(text).to.include('not quiet: other processes used 2 % of a core before, and 50 % during')
    expect(text).to.match(/^work +Dockwarden +must$/m)
    expect(noise(0.02, 0.05)).to.equal(undefined)
  })

  it('says of medians what they must be, against the other server and against ten rules', () => {
    const costs = new Costs()
    const add = (who: Who, name: SubjectName, cpu: number, memory: number) => {
      // The middle one counts.
      for (const more of [0, -1, 90])
        costs.add(who, name, false, { cpu: cpu + more, perSecond: 1e6 / cpu, memory })
    }
    add('ours', 'ES256', 100, 140)
    add('other', 'ES256', 170, 40)
    add('ours', 'RS256', 500, 140)
    add('other', 'RS256', 1_000, 40)
    add('ours', '10 rules', 100, 140)
    add('ours', '10,000 globs', 111, 180)
    add('ours', '10,000 anchored expressions', 299, 181)
    const starts = { firstToken: { ours: 300, other: 30 }, version: 81, bareNode: 40 }
    const verdicts = rowsOf(costs, starts).map(({ work, ours, met }) => [work, ours, met])
    expect(verdicts).to.deep.equal([
      ['RS256 token, 20 rules: CPU', '500 us (2.0 x better)', false],
      ['ES256 token, 20 rules: CPU', '100 us (1.7 x better)', true],
      ['acl of 10,000 globs: CPU', '111 us (1.11 x 10 rules)', false],
      ['acl of 10,000 anchored expressions: CPU', '299 us (2.99 x 10 rules)', true],
      ['resident memory under load', '140 MiB', true],
      ['the same with 10,000 globs', '40 MiB more', true],
      ['the same with 10,000 anchored expressions', '41 MiB more', false],
      ['start to first token', '300 ms', true],
      ['`--version`', '81 ms (2.0 x a bare Node)', false],
      ['tokens a second, ES256', '10000 (1.70 x)', true],
    ])
  })

  it('knows what processes cost', () => {
    const [own, whole] = [cpuOf(process.pid), machineCpu()]
    expect(own).to.be.above(0)
    expect(whole).to.be.at.least(own)
    expect(memoryOf(process.pid)).to.be.above(10)
    expect(cpuOf(2 ** 30)).to.equal(0)
  })
})
