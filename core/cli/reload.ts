// `dockwarden reload`: has a running server read its configuration again.
import { resolve } from 'node:path'
import { inspectConfig } from '../config/config.ts'
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
 * @throws ConfigError or Error when no server answers, or it runs with another file
 */
export async function reloadServer(
  file: string,
  { json }: { readonly json?: true },
  output: Output,
): Promise<number> {
  // Of a file that is wrong as a whole too: what the server says of it is the answer.
  const { config, problems } = await inspectConfig(file)
  if (!config) throw new ConfigError(problems)
  const args = { file: resolve(file), by: operator(), uid: process.getuid?.(), pid: process.pid }
  const reloaded = (await askServer(config.stateDir, RELOAD, args)) as Reloaded
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

function say(lines: readonly string[], { stderr }: Output): void {
  for (const line of lines) stderr.write(`${line}\n`)
}
