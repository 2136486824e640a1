// Runs `dockwarden policy test`.
import { writeFile } from 'node:fs/promises'
import { osReason } from '../../kit/os-errors.ts'
import { type CaseFile, readCases } from '../../policy/cases.ts'
import { openPolicy } from '../../policy/open.ts'
import type { Policy } from '../../policy/policy.ts'
import { runCases } from '../../policy/run-cases.ts'
import { RuleTally } from '../../policy/tally.ts'
import { ConfigError, type Problem } from '../../yaml/problems.ts'
import type { Output } from '../output.ts'
import { junitOf } from './junit.ts'
import { assertPassing, tellAside } from './opened.ts'
import { tapOf } from './tap.ts'
import { testJson } from './test-json.ts'
import { testWords } from './test-words.ts'
import type { TestedFile } from './tested.ts'

/** As commander gives them. */
export interface TestOptions {
  readonly config?: string
  readonly passing: readonly string[]
  readonly coverage?: true
  readonly tap?: true
  readonly junit?: string
  readonly json?: true
}

/** What the command works with. */
export interface Around {
  /** The configuration's file, as it was named or by default. */
  readonly configFile: (name: string | undefined) => string
  readonly output: Output
}

/**
 * Asks what is decided on cases.
 *
 * @returns exit status: 0 when all is as expected, 1 when not
 * @throws ConfigError or Error for wrong files, options or configurations
 */
export async function testPolicy(
  names: readonly string[],
  options: TestOptions,
  { configFile, output }: Around,
): Promise<number> {
  if (options.tap && options.json)
    throw new Error('--tap and --json both print the result; leave out one of them')
  const files = readAll(names)
  const opened = new Map<string, RuleTally>()
  try {
    const tested: TestedFile[] = []
    for (const { file, config: named, passing, cases } of files) {
      const config = options.config ?? named ?? configFile(undefined)
      const key = JSON.stringify([config, ...passing, ...options.passing])
      const tally =
        opened.get(key) ?? new RuleTally(await open(config, [...passing, ...options.passing], output))
      opened.set(key, tally)
      tested.push({ file, config, results: await runCases(tally.policy, cases, tally) })
    }
    const result = { files: tested, coverage: options.coverage ? [...opened.values()] : undefined }
    const passed = tested.every(({ results }) => results.every(({ outcome }) => outcome === 'passed'))
    if (options.junit !== undefined) await report(options.junit, junitOf(result))
    const shown = options.json ? testJson : options.tap ? tapOf : testWords
    output.stdout.write(shown(result, output.stdout.isTTY === true))
    return passed ? 0 : 1
  } finally {
    await Promise.all([...opened.values()].map(({ policy }) => policy.close()))
  }
}

async function open(config: string, passing: readonly string[], output: Output): Promise<Policy> {
  const policy = await openPolicy(config, { passing })
  try {
    assertPassing(passing, [policy])
  } catch (error) {
    await policy.close()
    throw error
  }
  tellAside(policy, output)
  return policy
}

/** @throws ConfigError with what is wrong with any of them */
function readAll(names: readonly string[]): CaseFile[] {
  const problems: Problem[] = []
  const files = names.flatMap((name) => {
    try {
      return [readCases(name)]
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
      return []
    }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return files
}

async function report(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    throw new Error(`--junit ${file} cannot be written: ${osReason(error)}`)
  }
}
