// `npm run release`, in a repository of its own that has this one's files: what a trial prints, what a release makes, and that nothing is left of one that fails.
import { execFile, execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { sectionOf } from '../scripts/release/changelog.ts'
import { needs } from './support/debian.ts'
import { deadLinks } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const COPIED = [
  'package.json',
  'package-lock.json',
  '.gitignore',
  'CHANGELOG.md',
  'UPGRADE.md',
  'README.md',
  'LICENSE',
  'config',
  'scripts',
]
const KUBERNETES = 'examples/kubernetes'
const NOW: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version
const NEXT = '99.0.0'
const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
}

interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

describe('npm run release', function () {
  this.timeout(120_000)
  needs('git')
  let clone: string

  const at = (name: string) => join(clone, name)
  const read = (name: string) => readFileSync(at(name), 'utf8')
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: clone, env: ENVIRONMENT, encoding: 'utf8' })
  const commit = () => git('commit', '--quiet', '--all', '--message=one')
  const change = (name: string, from: string | RegExp, to: string) =>
    writeFileSync(at(name), read(name).replace(from, to))
  /** All that a release could have changed. */
  const state = () => [
    git('status', '--porcelain'),
    git('rev-parse', 'HEAD'),
    git('tag'),
    existsSync(at('release')),
  ]
  const release = (...args: string[]) =>
    new Promise<Ran>((done) => {
      const command = [at('scripts/release/main.ts'), ...args]
      execFile(process.execPath, command, { cwd: clone, env: ENVIRONMENT }, (error, stdout, stderr) =>
        done({ status: error ? Number(error.code) : 0, stdout, stderr }),
      )
    })

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'dockwarden-release-'))
    for (const name of [...COPIED, KUBERNETES]) cpSync(join(ROOT, name), at(name), { recursive: true })
    cpSync(join(ROOT, '.ci'), at('.ci'), { recursive: true })
    // What it packs, and whether that passes the tests, others ask.
    change('package.json', /\n.*"prepack": .*/, '\n    "prepack": "true",')
    writeFileSync(at('.ci/run'), 'echo all tests\n')
    // So that there is something to release, whenever these tests run.
    if (sectionOf(read('CHANGELOG.md')) === '')
      change('CHANGELOG.md', '## [Unreleased]\n', '## [Unreleased]\n\n### Added\n\n- A thing.\n')
    change('UPGRADE.md', /^## From \S+ to /m, '## After ')
    git('init', '--quiet', '--initial-branch=main')
    git('add', '--all')
    commit()
  })
  afterEach(() => rmSync(clone, { recursive: true, force: true }))

  it('--dry-run prints each step, and changes nothing', async () => {
    const before = state()
    const { status, stdout, stderr } = await release(NEXT, '--dry-run')
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
    for (const step of [
      'bash .ci/run',
      'change CHANGELOG.md: 1 line',
      'change UPGRADE.md: 1 line',
      'change package.json: 1 line',
      'change package-lock.json: 2 lines',
      `change ${KUBERNETES}/chart/Chart.yaml: 2 lines`,
      `npm pack --silent --pack-destination release/${NEXT}`,
      'npm sbom ',
      'SHA256SUMS',
      `git commit --quiet '--message=Release ${NEXT}' -- CHANGELOG.md`,
      `git tag --annotate '--message=Dockwarden ${NEXT}' v${NEXT}`,
      'docker build --tag dockwarden:99.0.0 ',
    ])
      expect(stdout).to.contain(step)
    expect(state()).to.deep.equal(before)
  })

  it('makes a commit, a tag, and a folder of files with their checksums', async () => {
    const news = sectionOf(read('CHANGELOG.md'))
    const { status, stdout, stderr } = await release(NEXT)
    expect(status, stderr).to.equal(0)
    expect(stdout)
      .to.match(/^all tests$/m)
      .and.to.contain(`npm publish release/${NEXT}/dockwarden-${NEXT}.tgz`)

    expect(git('status', '--porcelain')).to.equal('')
    expect(git('log', '--format=%s', '-2').split('\n')).to.deep.equal([`Release ${NEXT}`, 'one', ''])
    expect(git('cat-file', '-t', `v${NEXT}`)).to.equal('tag\n')
    expect(git('rev-parse', `v${NEXT}^{commit}`)).to.equal(git('rev-parse', 'HEAD'))

    const lock = JSON.parse(read('package-lock.json'))
    expect([JSON.parse(read('package.json')).version, lock.version, lock.packages[''].version]).to.deep.equal(
      [NEXT, NEXT, NEXT],
    )
    expect(sectionOf(read('CHANGELOG.md'))).to.equal('')
    expect(sectionOf(read('CHANGELOG.md'), NEXT)).to.equal(news)
    expect(read('UPGRADE.md')).to.contain(`## From ${NOW} to ${NEXT}\n`)
    for (const name of globSync(`${KUBERNETES}/**/*.{md,yml,yaml}`, { cwd: clone }))
      expect(read(name), name).to.not.match(new RegExp(`(^|[^.\\d])${NOW.replaceAll('.', '\\.')}([^.\\d]|$)`))

    const folder = join(clone, 'release', NEXT)
    const sums = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' })
    const made = [`dockwarden-${NEXT}.cdx.json`, `dockwarden-${NEXT}.tgz`, 'notes.md']
    expect(sums).to.equal(made.map((name) => `${name}: OK\n`).join(''))
    expect(globSync('*', { cwd: folder }).sort()).to.deep.equal([...made, 'SHA256SUMS'].sort())
    expect(readFileSync(join(folder, 'notes.md'), 'utf8')).to.equal(`${news}\n`)
    const packed = execFileSync('tar', ['-xzOf', `dockwarden-${NEXT}.tgz`, 'package/package.json'], {
      cwd: folder,
    })
    expect(JSON.parse(packed.toString()).version).to.equal(NEXT)
    const { metadata, components } = JSON.parse(readFileSync(join(folder, made[0]!), 'utf8'))
    expect(metadata.component).to.include({ name: 'dockwarden', version: NEXT })
    const named: string[] = components.map(({ name }: { name: string }) => name)
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json'))
    expect(named).to.include.members(Object.keys({ ...dependencies, ...optionalDependencies }))
    expect(named.filter((name) => ['mocha', 'typescript', 'oidc-provider'].includes(name))).to.deep.equal([])
  })

  const refused: [what: string, prepare: () => void, says: RegExp][] = [
    [
      'a tree that is not clean',
      () => appendFileSync(at('README.md'), 'more\n'),
      /not clean; .*\n M README\.md/,
    ],
    ['a file that git does not know', () => writeFileSync(at('new.ts'), ''), /not clean; .*\n\?\? new\.ts/],
    ['a tag that is there', () => git('tag', `v${NEXT}`), /the tag v99\.0\.0 is there already/],
    ['no branch', () => git('checkout', '--quiet', '--detach'), /no branch is checked out/],
    ['nothing new', () => emptied(), /nothing under "## \[Unreleased\]"/],
    [
      'a changelog of another form',
      () => edited('CHANGELOG.md', '### Added', '### News'),
      /line \d+: groups are/,
    ],
    [
      'a place without the version',
      () => edited(`${KUBERNETES}/README.md`, `:${NOW} `, ':1 '),
      /README\.md does not name \S+; see scripts\/release/,
    ],
  ]
  const edited = (name: string, from: string | RegExp, to: string) => {
    change(name, from, to)
    commit()
  }
  const emptied = () => edited('CHANGELOG.md', sectionOf(read('CHANGELOG.md')), '')
  for (const [what, prepare, says] of refused) {
    it(`refuses ${what}, also in a trial`, async () => {
      prepare()
      const before = state()
      for (const args of [[NEXT], [NEXT, '--dry-run']]) {
        const { status, stderr, stdout } = await release(...args)
        expect(status).to.equal(1)
        expect(stderr).to.match(says)
        expect(stdout).to.not.contain('all tests')
      }
      expect(state()).to.deep.equal(before)
    })
  }

  const failing: [what: string, prepare: () => void, says: RegExp][] = [
    [
      'tests that fail',
      () => edited('.ci/run', 'echo', 'exit 3; echo'),
      /bash \.ci\/run failed, with status 3/,
    ],
    [
      'tests that leave something',
      () => edited('.ci/run', 'echo', 'touch left; echo'),
      /after the tests the tree is not clean/,
    ],
    [
      'a package that can not be built',
      () => edited('package.json', '"prepack": "true"', '"prepack": "false"'),
      /npm pack .* failed/,
    ],
    ['a commit that a hook refuses', () => hook(), /git commit .* failed/],
  ]
  const hook = () => {
    writeFileSync(at('.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n')
    chmodSync(at('.git/hooks/pre-commit'), 0o755)
  }
  for (const [what, prepare, says] of failing) {
    it(`leaves nothing of a release behind after ${what}`, async () => {
      prepare()
      const [, head, tags] = state()
      const { status, stderr } = await release(NEXT)
      expect(status).to.equal(1)
      expect(stderr).to.match(says)
      expect(git('status', '--porcelain', '--untracked-files=no')).to.equal('')
      expect(state().slice(1, 3)).to.deep.equal([head, tags])
    })
  }

  const wrong: [args: string[], says: RegExp][] = [
    [[], /one version is needed/],
    [[NEXT, '99.0.1'], /one version is needed/],
    [[`v${NEXT}`], /v99\.0\.0 is no version: three numbers/],
    [['1.0'], /1\.0 is no version/],
    [['01.0.0'], /is no version/],
    [['1.0.0-rc.1'], /is no version/],
    [[NOW], /is not newer than/],
    [['0.0.1'], /0\.0\.1 is not newer than/],
    [[NEXT, '--force'], /Unknown option '--force'/],
  ]
  for (const [args, says] of wrong) {
    it(`[${args.join(' ')}] is wrong usage`, async () => {
      const { status, stdout, stderr } = await release(...args)
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' })
      expect(stderr).to.match(says).and.to.contain('--help')
    })
  }

  it('goes on when nobody reads any more what it says', async () => {
    const piped = '"$0" "$1" 99.0.0 --dry-run | head -n 1'
    const { status, stderr } = await new Promise<Ran>((done) => {
      const args = ['-o', 'pipefail', '-c', piped, process.execPath, at('scripts/release/main.ts')]
      execFile('bash', args, { cwd: clone, env: ENVIRONMENT }, (error, stdout, said) =>
        done({ status: error ? Number(error.code) : 0, stdout, stderr: said }),
      )
    })
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
  })

  it('--help has examples', async () => {
    const { status, stdout } = await release('--help')
    expect(status).to.equal(0)
    expect(stdout)
      .to.match(/^Usage: /)
      .and.to.contain('--dry-run')
  })

  it('docs/releasing.md has no dead links', () =>
    expect(deadLinks(join(ROOT, 'docs/releasing.md'))).to.deep.equal([]))
})
