// Runs the conformance kit on one plugin, in this process.
import { withDeadline } from '../../kit/deadline.ts'
import { noteSecret, secretsFor, withSecrets } from '../../kit/request-secrets.ts'
import { messageOf } from '../../kit/thrown.ts'
import { conformance, testHost } from '../../testing/index.ts'
import { type Named, planAlone } from './alone.ts'
import { type Cases, readCases, strangerCase } from './cases.ts'
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
): Promise<void> {
  const { config, plan } = await planAlone(file, options)
  const { definition, givenOptions } = plan
  const host = () => testHost({ base: config.base })
  await withSecrets(async () => {
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
  })
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
