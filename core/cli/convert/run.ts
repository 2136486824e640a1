// Runs `dockwarden convert`: converts, proves, writes, and tells what is left to do.
import { dirname, relative, resolve } from 'node:path'
import { readText } from '../../config/read-text.ts'
import { AlreadyNative, type Conversion, convertText, type Target } from '../../convert/convert.ts'
import { isProved, type Proof, prove } from '../../convert/proof.ts'
import type { Change } from '../../policy/compare.ts'
import { scopeText } from '../../request/scope.ts'
import { formatProblem } from '../../yaml/problems.ts'
import { EXIT_USAGE, type Output } from '../output.ts'
import { printable } from '../table.ts'
import { assertFree, writeFiles } from './files.ts'

export interface ConvertOptions {
  readonly output?: string
  readonly json?: boolean
}

/** So many requests, and those for each rule, are asked of both files. */
const REQUESTS = 5_000

/**
 * Converts a file of docker_auth's form.
 *
 * @returns exit status: 0 when it is the same, 1 when something is missing or another, 2 when there is nothing to convert
 * @throws ConfigError or Error for files that can't be read, are wrong, or can't be written
 */
export async function convert(file: string, options: ConvertOptions, output: Output): Promise<number> {
  const target: Target = {
    file: options.output ?? file,
    secrets:
      options.output === undefined ? 'variables' : { folder: resolve(options.output, '..', 'secrets') },
  }
  const source = { file, text: readText(file) }
  let conversion: Conversion
  try {
    conversion = await convertText(source, target)
  } catch (error) {
    if (!(error instanceof AlreadyNative)) throw error
    output.stderr.write(`dockwarden: ${error.message}\n`)
    return EXIT_USAGE
  }
  if (options.output !== undefined) assertFree(options.output, conversion.secrets.planned)
  const proof = await prove(source, conversion, target, REQUESTS)
  const proved = isProved(proof)
  if (proved && options.output !== undefined)
    await writeFiles(file, options.output, conversion.text, conversion.secrets.planned)
  if (options.json)
    output.stdout.write(`${JSON.stringify(jsonOf(file, options.output, conversion, proof))}\n`)
  else {
    if (proved && options.output === undefined) output.stdout.write(conversion.text)
    tell(file, options.output, conversion, proof, output)
  }
  return proved && conversion.missing.length === 0 ? 0 : 1
}

function jsonOf(
  file: string,
  written: string | undefined,
  { text, secrets, missing, warnings, notes }: Conversion,
  { differences, decisions, notAsked, unopened }: Proof,
) {
  const { asked, undecided, changes } = decisions
  const proved = differences.length === 0 && changes.length === 0
  return {
    file,
    converted: proved,
    ...(proved && (written === undefined ? { text } : { output: written })),
    secrets: secrets.planned.map(({ tag, name, from }) => ({ from, tag, name })),
    unread: secrets.unread.map(({ place, message }) => ({ ...place, message })),
    missing,
    warnings,
    notes,
    proof: { differences, asked, undecided, notAsked, unopened, changes: changes.slice(0, MOST_CHANGES) },
  }
}

const MOST_CHANGES = 10

function tell(
  file: string,
  written: string | undefined,
  { secrets, missing, notes }: Conversion,
  proof: Proof,
  { stderr }: Output,
): void {
  const say = (line: string) => stderr.write(`${printable(line)}\n`)
  if (!isProved(proof)) {
    tellOfFailure(proof, say)
    return
  }
  for (const problem of missing) say(`not carried over: ${formatProblem(problem)}`)
  for (const note of notes) say(`note: ${note}`)
  for (const { place, message } of secrets.unread)
    say(
      `note: ${place.tag} ${shortest(place.name)} is named as before, but could not be read here: ${message}`,
    )
  for (const { tag, name, from } of secrets.planned)
    say(
      tag === '!env'
        ? `set ${name} to the secret of ${from} in ${file}`
        : `${shortest(name)} holds the secret of ${from} (mode 0600)`,
    )
  for (const { message } of proof.unopened) say(`note: not asked, as it could not be opened here: ${message}`)
  const where = written ?? 'standard output'
  if (written === undefined)
    say(`paths are relative to ${dirname(resolve(file))}; for another folder write --output FILE`)
  const but = missing.length > 0 ? ', but for what is not carried over' : ''
  say(`${file} -> ${where}: ${proofWords(proof)}${but}`)
}

function proofWords({ decisions: { asked, undecided }, notAsked }: Proof): string {
  const same = `the same settings, and the same decisions on ${asked} requests`
  if (notAsked.length === 0) return same
  return `${same} (${undecided} of them are up to ${notAsked.join(', ')}, which is not asked)`
}

function tellOfFailure(
  { differences, decisions: { changes, asked } }: Proof,
  say: (line: string) => void,
): void {
  for (const path of differences) say(`differs: ${path}`)
  for (const change of changes.slice(0, MOST_CHANGES)) say(`differs: ${changeWords(change)}`)
  const count = changes.length > 0 ? ` (${changes.length} of ${asked} decisions)` : ''
  say(`the result would not be the same${count}; that is a fault of this command, and nothing is written`)
}

function changeWords({ request: { account, resource }, before, after }: Change): string {
  const of = (answer: Change['before']) =>
    answer.kind === 'decided' ? `[${answer.actions.join(', ')}]` : answer.kind
  return `${JSON.stringify(account)} ${scopeText(resource)}: ${of(before)} before, ${of(after)} after`
}

/** From the folder in which the command runs, unless that is the root, where it would only lose its slash. */
function shortest(path: string): string {
  const below = relative(process.cwd(), path)
  return below === '' || below.startsWith('..') || `/${below}` === path ? path : below
}
