// `dockwarden plugin test`: the conformance kit on a plugin, without a test file; or its test files, without an installation.
import type { Output } from '../output.ts'
import { type KitOptions, runKit } from './kit-run.ts'
import { runTestFiles } from './test-files.ts'
import { resultsJson, resultWords, summary, type TestResult } from './test-words.ts'

/** As commander gives them. */
export interface TestOptions extends KitOptions {
  readonly json?: true
}

const TEST_FILE = /\.(test|spec)\.[cm]?[jt]s$/

/**
 * Tests a plugin.
 *
 * @param files a plugin, or test files
 * @returns exit status: 0 when all passed, 1 when not
 * @throws ConfigError with the words of a start, when the plugin can't be loaded; Error for wrong options
 */
export async function testPlugin(
  files: readonly string[],
  options: TestOptions,
  output: Output,
): Promise<number> {
  const colour = output.stdout.isTTY === true && !process.env.NO_COLOR
  const results: TestResult[] = []
  const take = (result: TestResult) => {
    results.push(result)
    if (!options.json) output.stdout.write(resultWords(result, colour))
  }
  if (files.every((file) => TEST_FILE.test(file))) {
    assertNoOptions(options)
    await runTestFiles(files, take, (text) => output.stderr.write(text))
  } else {
    const [file, ...others] = files
    if (others.length > 0)
      throw new Error('one plugin at a time; several files are test files, which end in .test.ts')
    await runKit(file!, options, take, output)
  }
  output.stdout.write(options.json ? resultsJson(files, results) : summary(results, colour))
  return results.every(({ ok }) => ok) ? 0 : 1
}

function assertNoOptions({ options, config, id, kind, cases }: TestOptions): void {
  const given = Object.entries({ options, config, id, kind, cases }).find(([, value]) => value !== undefined)
  if (given)
    throw new Error(
      `--${given[0]} is for a plugin; a test file has its own: leave it out, or name the plugin's file`,
    )
}
