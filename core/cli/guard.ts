// `dockwarden guard list|clear`: what the guard of a running server has counted.
import { readConfig } from '../config/config.ts'
import { quote } from '../request/errors.ts'
import { askServer } from '../server/control-client.ts'
import { GUARD_CLEAR, GUARD_LIST, type GuardListed } from '../server/verbs.ts'
import { operator } from './operator.ts'
import type { Output } from './output.ts'

/** Which counts are meant. */
interface GuardOptions {
  readonly account?: string
  readonly network?: string
  readonly json?: true
}

/**
 * Shows what the guard of the server that runs on this configuration's state directory has counted.
 *
 * @returns exit status 0
 * @throws ConfigError or Error for a wrong option, or when no server answers
 */
export async function listGuard(file: string, options: GuardOptions, output: Output): Promise<number> {
  const { stateDir } = await readConfig(file)
  const { json, ...filter } = options
  const listed = (await askServer(stateDir, GUARD_LIST, filter)) as GuardListed
  if (json) output.stdout.write(`${JSON.stringify(listed)}\n`)
  else for (const line of linesOf(listed)) output.stdout.write(`${line}\n`)
  return 0
}

/**
 * Lets the guard forget what it has counted, and the passwords that it remembers.
 *
 * @returns exit status: 0, or 1 when there was nothing to forget
 * @throws ConfigError or Error for a wrong option, or when no server answers
 */
export async function clearGuard(file: string, options: GuardOptions, output: Output): Promise<number> {
  const { stateDir } = await readConfig(file)
  const { json, ...filter } = options
  const args = { ...filter, by: operator() }
  const { cleared } = (await askServer(stateDir, GUARD_CLEAR, args)) as { cleared: number }
  if (json) output.stdout.write(`${JSON.stringify({ cleared })}\n`)
  else output.stdout.write(`${cleared}\n`)
  if (cleared === 0) output.stderr.write('dockwarden: the guard had nothing to clear\n')
  return cleared === 0 ? 1 : 0
}

function linesOf({ pairs, networks, accounts, left_out: leftOut }: GuardListed): string[] {
  const waiting = (seconds: number) => (seconds > 0 ? `; waits ${seconds} s` : '')
  return [
    ...pairs.map(
      ({ account, network, wrong, waits }) =>
        `${quote(account)} from ${network}: ${wrong} wrong password${wrong === 1 ? '' : 's'}${waiting(waits)}`,
    ),
    ...networks.map(
      ({ network, accounts: failed, waits }) =>
        `${network}: ${failed} account${failed === 1 ? '' : 's'} failed${waiting(waits)}`,
    ),
    ...accounts.map(
      ({ account, networks: failed, attacked }) =>
        `${quote(account)}: ${failed} network${failed === 1 ? '' : 's'} failed${attacked ? '; a new one has one try' : ''}`,
    ),
    ...(leftOut > 0 ? [`and ${leftOut} more`] : []),
  ]
}
