// `npm run release -- VERSION`: checks, tests, writes the version, packs, commits and tags. It sends nothing anywhere: what is left to do by hand it prints.
// docs/releasing.md tells the steps.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { argv, stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { makeArtifacts, PACK, SBOM } from './artifacts.ts'
import { compareVersions, faultsOf, release, sectionOf } from './changelog.ts'
import { type Edit, editsFor } from './places.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const TESTS = ['bash', '.ci/run'] as const
const HELP = `Usage: npm run release -- VERSION [--dry-run]

Makes the release VERSION (X.Y.Z, newer than that of package.json) of a clean tree: tests, version, package, checksums, commit, tag.

Options:
  --dry-run   change nothing; check what can be checked so, and print each step
  -h, --help  this text

Examples:
  npm run release -- 0.2.0 --dry-run
  npm run release -- 0.2.0

Exit status: 0 made (or nothing speaks against it), 1 refused or failed, and nothing is changed, 2 wrong usage.
`

class Failure extends Error {}
class Usage extends Error {}

function main(): void {
  const { version, dryRun } = typed()
  if (version === undefined) {
    stdout.write(HELP)
    return
  }
  const from: string = JSON.parse(read('package.json')).version
  if (compareVersions(version, from) <= 0)
    throw new Usage(`${version} is not newer than ${from}, which is in package.json`)
  const date = new Date().toISOString().slice(0, 10)
  const changelog = read('CHANGELOG.md')
  const doubts = [...treeDoubts(version), ...changelogDoubts(changelog, version, date)]
  const edits = editsFor(ROOT, from, version, date)
  if (dryRun) {
    say(`Release ${version} after ${from}, ${date}. This is a trial: nothing is changed.`)
    for (const step of steps(version, edits)) say(`  ${step}`)
  }
  if (doubts.length > 0) throw new Failure(doubts.join('\n'))
  if (!dryRun) make(version, edits, sectionOf(changelog))
  say(`${dryRun ? 'Nothing speaks against it. Left to do by hand then' : 'Left to do by hand'}:`)
  for (const command of byHand(version)) say(`  ${command}`)
}

function typed(): { version?: string; dryRun: boolean } {
  const options = { 'dry-run': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = parsedArguments(options)
  if (values.help) return { dryRun: true }
  const [version, ...more] = positionals
  if (version === undefined || more.length > 0) throw new Usage('one version is needed, such as 0.2.0')
  if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version))
    throw new Usage(`${version} is no version: three numbers with dots, such as 0.2.0`)
  return { version, dryRun: values['dry-run'] ?? false }
}

function parsedArguments<const T extends Record<string, { type: 'boolean' }>>(options: T) {
  try {
    return parseArgs({ args: argv.slice(2), options, allowPositionals: true })
  } catch (error) {
    throw new Usage((error as Error).message)
  }
}

/** What of the repository speaks against a release now. */
function treeDoubts(version: string): string[] {
  const doubts: string[] = []
  const changed = run('git', 'status', '--porcelain').trimEnd()
  if (changed !== '') doubts.push(`the tree is not clean; commit or remove:\n${changed}`)
  if (run('git', 'branch', '--show-current').trim() === '')
    doubts.push('no branch is checked out: the commit would be on none')
  if (run('git', 'tag', '--list', tagOf(version)).trim() !== '')
    doubts.push(`the tag ${tagOf(version)} is there already`)
  return doubts
}

function changelogDoubts(changelog: string, version: string, date: string): string[] {
  const faults = faultsOf(release(changelog, version, date)).map(
    (fault) => `CHANGELOG.md after the release: ${fault}`,
  )
  if (sectionOf(changelog) === '')
    faults.push('CHANGELOG.md says nothing under "## [Unreleased]": what is new?')
  return faults
}

/** Each step, in words or as what is run. */
function steps(version: string, edits: readonly Edit[]): string[] {
  return [
    line(TESTS),
    ...edits.map(({ path, lines }) => `change ${path}: ${lines} ${lines === 1 ? 'line' : 'lines'}`),
    line(PACK(folderOf(version))),
    `${line(SBOM)} > ${folderOf(version)}/dockwarden-${version}.cdx.json, without what only developers need`,
    `write ${folderOf(version)}/notes.md and SHA256SUMS`,
    line(commit(version, edits)),
    line(tag(version)),
  ]
}

function make(version: string, edits: readonly Edit[], notes: string): void {
  // Ctrl-C ends the program that runs, and with it this one, in its own way: what was changed is put back.
  process.on('SIGINT', () => {})
  show(...TESTS)
  const [left] = treeDoubts(version)
  if (left !== undefined) throw new Failure(`after the tests ${left}`)
  try {
    for (const { path, after } of edits) writeFileSync(join(ROOT, path), after)
    const names = makeArtifacts(ROOT, folderOf(version), version, notes, run)
    for (const name of names) say(`made ${folderOf(version)}/${name}`)
    show(...commit(version, edits))
  } catch (error) {
    run('git', 'checkout', '--quiet', 'HEAD', '--', ...edits.map(({ path }) => path))
    throw error
  }
  show(...tag(version))
}

const commit = (version: string, edits: readonly Edit[]) =>
  [
    'git',
    'commit',
    '--quiet',
    `--message=Release ${version}`,
    '--',
    ...edits.map(({ path }) => path),
  ] as const
const tag = (version: string) =>
  ['git', 'tag', '--annotate', `--message=Dockwarden ${version}`, tagOf(version)] as const

/** What reaches others: nobody can take it back. */
function byHand(version: string): string[] {
  return [
    `git push --follow-tags`,
    `npm publish ${folderOf(version)}/dockwarden-${version}.tgz`,
    `git archive ${tagOf(version)} | docker build --tag dockwarden:${version} --label org.opencontainers.image.version=${version} -`,
  ]
}

const tagOf = (version: string) => `v${version}`
const folderOf = (version: string) => `release/${version}`
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const say = (text: string) => stdout.write(`${text}\n`)
const line = (command: readonly string[]) =>
  command.map((word) => (/^[\w./=:-]+$/.test(word) ? word : `'${word}'`)).join(' ')

/** Runs a program that only answers. @throws Failure when it ends with another status than 0 */
function run(program: string, ...args: string[]): string {
  return ended(program, args, 'pipe')
}

/** Runs a program whose output is for whoever makes the release. */
function show(program: string, ...args: string[]): void {
  say(line([program, ...args]))
  ended(program, args, 'inherit')
}

function ended(program: string, args: readonly string[], output: 'pipe' | 'inherit'): string {
  const {
    status,
    error,
    stdout: answer,
  } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', output, 'inherit'],
    maxBuffer: 1 << 28,
  })
  if (error) throw new Failure(`${program} could not be run: ${error.message}`)
  if (status !== 0)
    throw new Failure(
      `${line([program, ...args])} failed${status === null ? '' : `, with status ${status}`}: see above`,
    )
  return answer ?? ''
}

// Who reads may leave: what was begun is brought to its end.
stdout.on('error', () => {})
try {
  main()
} catch (error) {
  stderr.write(`release: ${(error as Error).message}\n`)
  if (error instanceof Usage) stderr.write('npm run release -- --help says more\n')
  process.exitCode = error instanceof Usage ? 2 : 1
}
