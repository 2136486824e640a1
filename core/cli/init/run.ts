// What `dockwarden init` does: asks, makes a folder, checks it, and says how to go on.
import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { makePassword, type Secret } from '../../plugin.ts'
import { formatProblem } from '../../yaml/problems.ts'
import { examine } from '../check.ts'
import type { Output } from '../output.ts'
import { testPolicy } from '../policy/test.ts'
import { type Answers, type InitOptions, type RunWay, toAnswers } from './answers.ts'
import { checkout } from './compose.ts'
import { forContainer, namesOf, writeFiles } from './files.ts'
import { inTheWay, placed } from './place.ts'
import { POLICY_FILE } from './policy.ts'
import { programPath } from './programs.ts'
import { type Step, stepsOf } from './steps.ts'

/**
 * Makes a deployment: a folder with a configuration, the registry's settings, keys and a first user.
 *
 * @returns exit status: 0, or 1 when nothing was made
 * @throws Error for wrong options, without a terminal and without --yes, or when nothing can be written
 */
export async function init(
  folder: string | undefined,
  options: InitOptions,
  output: Output,
): Promise<number> {
  if (process.env.DOCKWARDEN_STATE_DIR)
    throw new Error(
      'DOCKWARDEN_STATE_DIR is set, and would lead the server away from the folder that is made; unset it',
    )
  const way: RunWay = programPath('docker') && checkout() ? 'compose' : 'terminal'
  if (options.yes) {
    const answers = toAnswers(folder, options, way)
    const there = filesInTheWay(answers)
    return there.length > 0 ? refuse(answers, there, output) : await make(answers, options, output)
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Error(
      'there is no terminal for questions; --yes takes the defaults, and options say the rest (dockwarden init --help)',
    )
  // Who asks for help, or says --yes, waits for none of it.
  const { ask, GivenUp, mayMove } = await import('./ask.ts')
  try {
    const asked = await ask(folder, options, way)
    const answers = toAnswers(asked.folder, asked.options, way)
    const there = filesInTheWay(answers)
    if (there.length > 0 && !(await mayMove(there, answers.folder))) return refuse(answers, there, output)
    return await make(answers, options, output)
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error
    output.stderr.write('dockwarden: given up; nothing was made\n')
    return 1
  }
}

function filesInTheWay(answers: Answers): string[] {
  const { folder } = answers
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new Error(`${folder} is no folder; name another one`)
  return inTheWay(folder, namesOf(answers))
}

function refuse({ folder }: Answers, there: readonly string[], output: Output): number {
  output.stderr.write(
    `dockwarden: nothing was made: ${folder} has ${there.join(', ')} already; name another folder, or move them away\n`,
  )
  return 1
}

async function make(answers: Answers, { json }: InitOptions, output: Output): Promise<number> {
  const password = makePassword()
  const write = async (draft: string) => {
    await writeFiles(draft, answers, password)
    const { problems, warnings } = await examine(join(draft, 'dockwarden.yml'))
    for (const problem of [...problems, ...warnings])
      output.stderr.write(`${formatProblem(problem).replaceAll(draft, answers.folder)}\n`)
    if (problems.length > 0 || !(await decidesAsMeant(draft, output))) return false
    await forContainer(draft, answers)
    return true
  }
  const sound = await placed(answers.folder, write, `.before-${compactTime()}`)
  if (!sound) {
    output.stderr.write(
      'dockwarden: nothing was made; the checks of the new configuration found what stands above\n',
    )
    return 1
  }
  for (const port of [answers.port, answers.registryPort]) {
    if (await isTaken(port))
      output.stderr.write(
        `warning: another program listens on port ${port} now; end it first, or choose another with --port or --registry-port\n`,
      )
  }
  const { folder, user } = answers
  const steps = stepsOf(answers)
  const files = namesOf(answers)
  if (json)
    output.stdout.write(`${JSON.stringify({ folder, files, user, password: password.reveal(), steps })}\n`)
  else output.stdout.write(words(answers, password, steps))
  return 0
}

/** Runs the cases of the new folder; only those that fail are told of. */
async function decidesAsMeant(draft: string, output: Output): Promise<boolean> {
  const said: string[] = []
  const write = (text: string) => said.push(text)
  const around = {
    configFile: () => join(draft, 'dockwarden.yml'),
    output: { stdout: { write }, stderr: { write } },
  }
  const status = await testPolicy([join(draft, POLICY_FILE)], { passing: [] }, around)
  if (status !== 0) output.stderr.write(said.join(''))
  return status === 0
}

/** @example '20261128T225000' */
function compactTime(): string {
  return new Date().toISOString().replace(/\.\d+Z$|[-:]/g, '')
}

async function isTaken(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'))
  server.listen(port, () => server.close(() => resolve(false)))
  return await promise
}

function words(answers: Answers, password: Secret, steps: readonly Step[]): string {
  const { folder, user } = answers
  const lines = [
    `${folder} has ${namesOf(answers).join(', ')}.`,
    `The user ${user} has this password, which is shown once:`,
    '',
    `  ${password.reveal()}`,
    ...steps.flatMap(({ title, commands }, index) => [
      '',
      `${index + 1}. ${title}:`,
      '',
      ...commands.map((command) => `   ${command}`),
    ]),
  ]
  return `${lines.join('\n')}\n`
}
