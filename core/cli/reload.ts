// `dockwarden reload`: has a running server read its configuration again.
import { dirname, resolve } from 'node:path'
import { inspectConfig } from '../config/config.ts'
import { stateFolder } from '../config/state-folder.ts'
import { askServer } from '../server/control-client.ts'
import type { Reloaded } from '../server/reload-answer.ts'
import { RELOAD } from '../server/reload-verb.ts'
import { ConfigError, formatProblem } from '../yaml/problems.ts'
import { operator } from './operator.ts'
import { EXIT_USAGE, type Output } from './output.ts'

/**
 * Asks the server that runs on this configuration's state directory to read it again.
 *
 * @returns exit status: 0 when it is in force, 2 when it is wrong, and nothing has changed
 * @throws Error when no server answers, or it runs with another file
 */
export async function reloadServer(
  file: string,
  { json }: { readonly json?: true },
  output: Output,
): Promise<number> {
  const reloaded = await answerFor(file)
  const refused = reloaded.outcome === 'refused'
  if (json) output.stdout.write(`${JSON.stringify(reloaded)}\n`)
  else if (refused) say(reloaded.problems.map(formatProblem), output)
  else {
    const { changed, restart, warnings } = reloaded
    say(
      warnings.map((warning) => `warning: ${formatProblem(warning)}`),
      output,
    )
    if (restart.length > 0)
      say([`${restart.join(', ')}: changed, and only a restart of the server takes that`], output)
    for (const one of changed) output.stdout.write(`${one}\n`)
    say([changed.length > 0 ? 'in force' : 'in force; nothing is different'], output)
  }
  if (refused && !json) say(['not read again: nothing has changed in the server'], output)
  return refused ? EXIT_USAGE : 0
}

/** Of a file that is wrong too, what the server says is the answer: its log and metrics then tell that it was asked. */
async function answerFor(file: string): Promise<Reloaded> {
  const { config, problems } = await inspectConfig(file).catch((error: Error) => {
    if (error instanceof ConfigError) return { config: undefined, problems: error.problems }
    throw error
  })
  const args = { file: resolve(file), by: operator(), uid: process.getuid?.(), pid: process.pid }
  const ask = async (folder: string) => (await askServer(folder, RELOAD, args)) as Reloaded
  if (config) return await ask(config.stateDir)
  // A file that can't be read tells no state directory; where there is another one than without it, nobody needs to be asked.
  const folder = dirname(resolve(file))
  return await ask(stateFolder(undefined, folder, folder)).catch(() => ({ outcome: 'refused', problems }))
}

function say(lines: readonly string[], { stderr }: Output): void {
  for (const line of lines) stderr.write(`${line}\n`)
}
