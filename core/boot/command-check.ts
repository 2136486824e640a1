// `dockwarden check`: everything that can be known about a configuration without starting it.
import type { Output } from './command-line.ts'
import { readConfig } from './config.ts'
import { createServices } from './container.ts'
import { closeAll } from './instance.ts'
import { createLog } from './log.ts'
import { ConfigError, formatProblem, type Problem } from './problems.ts'

/**
 * Checks a configuration, and the files that it names, not the network.
 *
 * @returns exit status: 0, or 2 with every problem printed
 */
export async function check(file: string, json: boolean, output: Output): Promise<number> {
  let problems: readonly Problem[] = []
  let warnings: readonly Problem[] = []
  try {
    const config = await readConfig(file)
    warnings = config.warnings
    const services = await createServices(config, createLog('silent'), 'check')
    warnings = [...warnings, ...services.warnings.map((message) => ({ file, ...config.spotOf('token'), message }))]
    await closeAll(services.instances)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems = error.problems
  }
  const valid = problems.length === 0
  if (json) {
    output.stdout.write(`${JSON.stringify({ file, valid, problems, warnings })}\n`)
    return valid ? 0 : 2
  }
  for (const warning of warnings) output.stderr.write(`${formatProblem({ ...warning, message: `warning: ${warning.message}` })}\n`)
  for (const problem of problems) output.stderr.write(`${formatProblem(problem)}\n`)
  if (valid) output.stdout.write(`${file}: ok\n`)
  return valid ? 0 : 2
}
