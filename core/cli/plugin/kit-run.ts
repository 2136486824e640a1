// Runs the conformance kit on one plugin, in this process.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Config, Planned } from '../../config/config.ts'
import { withDeadline } from '../../kit/deadline.ts'
import { noteSecret, secretsFor, withSecrets } from '../../kit/request-secrets.ts'
import { messageOf } from '../../kit/thrown.ts'
import { createLog } from '../../server/log.ts'
import { conformance, testHost } from '../../testing/index.ts'
import type { Output } from '../output.ts'
import { type Named, planAlone } from './alone.ts'
import { type Cases, readCases, strangerCase } from './cases.ts'
import { noteSecretsOf } from './note-secrets.ts'
import { watchOutside } from './outside.ts'
import type { TestResult } from './test-words.ts'

/** What is tested, and on what. */
export interface KitOptions extends Named {
  /** A file with cases. */
  readonly cases?: string
}

/** More than any call may take in a server. */
const TEST_DEADLINE_MS = 60_000

interface Test {
  readonly groups: readonly string[]
  readonly name: string
  readonly body: () => Promise<void>
}

/**
 * Runs the kit.
 *
 * @param take is told of each test
 * @throws ConfigError with the words of a start, when the plugin can't be loaded; Error for cases that can't be read
 */
export async function runKit(
  file: string,
  options: KitOptions,
  take: (result: TestResult) => void,
  output: Output,
): Promise<void> {
  // Each of them is a failure of its own, once.
  const seen = new Set<string | undefined>()
  const log = createLog('error', {
    write(line) {
      const result = strayResult(line)
      if (!seen.has(result.error)) take(result)
      seen.add(result.error)
    },
  })
  await withSecrets(() =>
    watchOutside(log, output, async (outside) => {
      const { config, plan } = await planAlone(file, options)
      outside.suspect = plan
      await runCases(config, plan, options, take)
      // What was begun in the last test may be thrown now.
      await nextTurn()
    }),
  )
}

function strayResult(line: string): TestResult {
  const { msg, err } = JSON.parse(line)
  const error = `${msg}\n${err?.stack ?? ''}`.split('\n').slice(0, 3).join('\n')
  return {
    groups: [],
    name: 'throws nothing outside of its calls',
    ok: false,
    skipped: false,
    error: masked(error),
  }
}

async function runCases(
  config: Config,
  { definition, givenOptions, options: checked }: Planned,
  options: KitOptions,
  take: (result: TestResult) => void,
): Promise<void> {
  noteSecretsOf(checked)
  const host = () => testHost({ base: config.base })
  const run = async ({ groups, name, body }: Test) => {
    const error = await withDeadline(body(), TEST_DEADLINE_MS, 'it did not end').then(
      () => undefined,
      (error: unknown) => masked(messageOf(error)),
    )
    take({ groups, name, ok: error === undefined, skipped: false, ...(error !== undefined && { error }) })
  }
  let cases: Cases | undefined
  if (options.cases !== undefined) cases = readCases(options.cases)
  else
    await run({
      groups: [],
      name: 'answers a stranger',
      body: async () => {
        cases = await strangerCase(definition, givenOptions, host())
      },
    })
  if (!cases) return
  for (const { password } of [...(cases.accepts ?? []), ...(cases.rejects ?? []), ...(cases.passes ?? [])])
    noteSecret(password)
  for (const test of testsOf((runner) =>
    conformance(definition, { ...cases!, options: () => givenOptions, host, runner }),
  ))
    await run(test)
}

/** The tests that are registered. */
function testsOf(register: (runner: Parameters<typeof conformance>[1]['runner']) => void): Test[] {
  const tests: Test[] = []
  const open: string[] = []
  register({
    describe(name, body) {
      open.push(name)
      body()
      open.pop()
    },
    it: (name, body) => void tests.push({ groups: [...open], name, body }),
  })
  return tests
}

function masked(text: string): string {
  return secretsFor(text)?.mask(text) ?? text
}
