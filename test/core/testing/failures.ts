// Runs the conformance kit on a plugin inside a test.
import { setTimeout } from 'node:timers/promises'
import type { PluginDefinition } from '../../../core/plugin.ts'
import { type ConformanceSuite, conformance } from '../../../core/testing/index.ts'

/**
 * Runs the kit and gives the names of the tests that failed, with their messages.
 *
 * @param patience so long a test may take, as under any runner (ms)
 */
export async function failures(
  plugin: PluginDefinition,
  suite: ConformanceSuite,
  patience = 10_000,
): Promise<Map<string, string>> {
  const tests = new Map<string, () => Promise<void>>()
  conformance(plugin, {
    ...suite,
    runner: { describe: (_, body) => body(), it: (name, body) => void tests.set(name, body) },
  })
  const failed = new Map<string, string>()
  for (const [name, body] of tests) {
    const waiting = new AbortController()
    const late = setTimeout(patience, undefined, { signal: waiting.signal }).then(() => {
      throw new Error('took too long')
    })
    await Promise.race([body(), late]).catch((error: Error) => failed.set(name, error.message))
    late.catch(() => {})
    waiting.abort()
  }
  return failed
}
