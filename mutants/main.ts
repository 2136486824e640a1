// `npm run mutants`: which small random changes do the near tests notice? Each is made in a copy of this checkout, where the
// test file of the same name is run, and then the others of its room.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Command } from 'commander'
import { randomOf } from '../load/soak/random.ts'
import { type Mutation, mutate, mutationsOf } from './mutations.ts'
import { NearTests } from './near-tests.ts'

const ROOT = join(import.meta.dirname, '..')
const ROOMS = ['core/request', 'core/token', 'core/acl']
const LEFT_OUT = new Set(['node_modules', '.git', 'dist', 'coverage', 'var'])
/** Where a change is hardly more than a matter of speed: no test that asserts no time can see it. */
const SPEED = /\b(?:cost|COST|price\w*|\w+_STEPS|STEPS_\w+|\w*[cC]ache\w*|unref)\b|\byield \d/

const program = new Command('mutants')
  .description('Changes a file at random, and tells whether the near tests notice.')
  .argument('[file...]', 'which files; otherwise those of the rooms request, token and acl')
  .option('--seed <number>', 'repeats the changes of another run', Number, Date.now() % 1_000_000)
  .option('--count <number>', 'how many changes', Number, 34)
  .option('--minutes <number>', 'begins no other change after this time', Number, 30)
  .parse()
const { seed, count, minutes } = program.opts<{ seed: number; count: number; minutes: number }>()
const files = program.args.length > 0 ? program.args : ROOMS.flatMap(sourcesOf)

const copy = mkdtempSync(join(tmpdir(), 'dockwarden-mutants-'))
const tests = new NearTests(copy)
process.once('exit', () => {
  tests.stop()
  rmSync(copy, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
cpSync(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(relative(ROOT, path)) })
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))

const tally = { killed: 0, survived: 0, suspected: 0 }
const until = Date.now() + minutes * 60_000
console.log(`seed ${seed}`)
for (const file of files) {
  const failure = await tests.learn(file)
  if (failure !== undefined) program.error(`without any change this fails: ${failure}`)
}
for (const { file, mutation } of drawn()) {
  if (Date.now() > until) break
  const source = readFileSync(join(copy, file), 'utf8')
  const changed = mutate(source, mutation)
  writeFileSync(join(copy, file), changed)
  const witness = await tests.witness(file)
  writeFileSync(join(copy, file), source)
  const outcome = witness ? 'killed' : SPEED.test(lineAt(source, mutation)) ? 'suspected' : 'survived'
  tally[outcome] += 1
  const line = source.slice(0, mutation.start).split('\n').length
  console.log(`${outcome.padEnd(9)} ${file}:${line} ${mutation.kind}${witness ? `: ${witness}` : ''}`)
  if (!witness) console.log(difference(source, changed))
}
const { killed, survived, suspected } = tally
const score = Math.round((100 * killed) / (killed + survived))
console.log(`${killed} killed, ${survived} survived, ${suspected} suspected to change nothing: ${score} %`)

function sourcesOf(room: string): string[] {
  return readdirSync(join(ROOT, room))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${room}/${name}`)
}

/** The changes to try, each another one. */
function* drawn(): Generator<{ file: string; mutation: Mutation }> {
  const random = randomOf(seed)
  const all = files.flatMap((file) =>
    mutationsOf(readFileSync(join(ROOT, file), 'utf8')).map((mutation) => ({ file, mutation })),
  )
  for (let left = Math.min(count, all.length); left > 0; left--) {
    yield all.splice(random.below(all.length), 1)[0]!
  }
}

function lineAt(source: string, { start, end }: Mutation): string {
  return source.slice(source.lastIndexOf('\n', start) + 1, source.indexOf('\n', end))
}

/** The lines that differ, of two texts that differ in one place. */
function difference(before: string, after: string): string {
  const [old, young] = [before.split('\n'), after.split('\n')]
  const first = old.findIndex((line, index) => line !== young[index])
  let same = 0
  while (same < old.length - first && old.at(-1 - same) === young.at(-1 - same)) same += 1
  const shown = (mark: string, lines: string[]) =>
    lines.slice(first, lines.length - same).map((line) => `  ${mark} ${line}`)
  return [...shown('-', old), ...shown('+', young)].join('\n')
}
