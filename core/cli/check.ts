// `dockwarden check`: everything that can be known about a configuration without starting it.

import type { DependencyContainer } from 'tsyringe'
import { type Config, inspectConfig, type Spots } from '../config/config.ts'
import { listenPlans } from '../config/native/listeners.ts'
import { SYSTEM_CLOCK } from '../kit/process.ts'
import { createCheckedState } from '../kit/state.ts'
import { nameOf } from '../request/instance.ts'
import { createServices } from '../server/container.ts'
import { createLog } from '../server/log.ts'
import { whyNoGroup, whyNoSocket } from '../server/socket-file.ts'
import { ENTRIES } from '../store/entries.ts'
import { createMemoryEntries } from '../store/memory-entries.ts'
import { besides, ConfigError, foremost, formatProblem, inOrder, type Problem } from '../yaml/problems.ts'
import type { Output } from './output.ts'

/** What is wrong with a configuration, each list in the order of the file. */
export interface Findings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** What is no fault, but good to know. */
  readonly notes: readonly Problem[]
}

/**
 * Checks a configuration, and the files that it names, not the network.
 *
 * @returns exit status: 0, or 2 with every problem printed
 */
export async function check(file: string, json: boolean, output: Output): Promise<number> {
  const { problems, warnings, notes } = await examine(file)
  const valid = problems.length === 0
  if (json) {
    output.stdout.write(`${JSON.stringify({ file, valid, problems, warnings, notes })}\n`)
    return valid ? 0 : 2
  }
  for (const warning of warnings) output.stderr.write(`warning: ${formatProblem(warning)}\n`)
  for (const problem of problems) output.stderr.write(`${formatProblem(problem)}\n`)
  for (const note of notes) output.stdout.write(`note: ${formatProblem(note)}\n`)
  if (valid) output.stdout.write(`${file}: ok\n`)
  return valid ? 0 : 2
}

/** Everything that is wrong with a file, in one pass: also what its sound parts name and can't be opened. */
export async function examine(file: string): Promise<Findings> {
  try {
    const { config, problems, warnings } = await inspectConfig(file)
    const opened = config ? await open(config) : { problems: [], warnings: [], notes: [] }
    return {
      problems: foremost([...problems, ...besides(opened.problems, problems)]),
      warnings: inOrder([...warnings, ...opened.warnings]),
      // In a file with problems they may be about what stands in for its faults, such as another key.
      notes: problems.length > 0 ? [] : opened.notes,
    }
  } catch (error) {
    if (error instanceof ConfigError) {
      const { problems, warnings } = error
      return { problems, warnings, notes: [] }
    }
    throw error
  }
}

/** Warnings, no faults: a service manager often makes the socket's folder just before the start. */
function socketWarnings(server: Config['server'], config: Spots): Problem[] {
  return listenPlans(server).flatMap(({ at, listen, socket }) => {
    if (!('socket' in listen)) return []
    const warn = (path: string, message: string | undefined) =>
      message === undefined ? [] : [{ file: config.file, ...config.spotOf(path), message }]
    const group = server.socket === socket ? 'server.socket.group' : `${at}.socket.group`
    return [
      ...warn(at, whyNoSocket(listen.socket)),
      ...warn(group, socket?.group === undefined ? undefined : whyNoGroup(socket.group)),
    ]
  })
}

/** Opens what the configuration names; what plugins warn of in their logs is a finding too. */
async function open(config: Config): Promise<Findings> {
  const warnings: Problem[] = [...config.warnings, ...socketWarnings(config.server, config)]
  const log = createLog('warn', { write: (line) => void warnings.push(toWarning(config, line)) })
  try {
    const services = await createServices(config, log, createCheckedState(config.stateDir), keepNothing)
    await services.close()
    return {
      problems: [],
      warnings: [...warnings, ...services.warnings],
      notes: [...services.notes, ...services.remarks],
    }
  } catch (error) {
    if (error instanceof ConfigError)
      return { problems: error.problems, warnings: [...warnings, ...error.warnings], notes: [] }
    throw error
  }
}

/** What plugins would keep in `create` stays in memory. */
function keepNothing(container: DependencyContainer): void {
  container.registerInstance(ENTRIES, createMemoryEntries(SYSTEM_CLOCK))
}

function toWarning(config: Spots & Pick<Config, 'plugins'>, line: string): Problem {
  const { plugin, id, msg } = JSON.parse(line)
  const spot = config.plugins.find((plan) => plan.id === id)?.spot ?? config.spotOf('')
  return { file: config.file, ...spot, message: `${nameOf({ plugin, id })}: ${msg}` }
}
