// What came of tests, on a page and as JSON.
import { styleText } from 'node:util'
import { printable } from '../table.ts'

/** One test. */
export interface TestResult {
  /** Of the groups that it is in, from the outside. */
  readonly groups: readonly string[]
  readonly name: string
  readonly ok: boolean
  readonly skipped: boolean
  /** Why it failed. */
  readonly error?: string | undefined
}

/** @param colour whether it is for a terminal that shows some */
export function resultWords({ groups, name, ok, skipped, error }: TestResult, colour: boolean): string {
  const [word, style] = skipped
    ? (['skipped', 'yellow'] as const)
    : ok
      ? (['ok', 'green'] as const)
      : (['FAILED', 'red'] as const)
  const lines = [`${painted(style, word.padEnd(7), colour)} ${printable([...groups, name].join(' > '))}`]
  for (const line of error?.split('\n').filter((one) => one.trim() !== '') ?? [])
    lines.push(`          ${printable(line)}`)
  return `${lines.join('\n')}\n`
}

export function summary(results: readonly TestResult[], colour: boolean): string {
  const { passed, failed, skipped } = countsOf(results)
  const left = skipped > 0 ? `, ${skipped} skipped` : ''
  return `${painted(failed > 0 ? 'red' : 'green', `${passed} passed, ${failed} failed${left}`, colour)}\n`
}

/** @param files as they were typed */
export function resultsJson(files: readonly string[], results: readonly TestResult[]): string {
  return `${JSON.stringify({ files, ...countsOf(results), tests: results })}\n`
}

function countsOf(results: readonly TestResult[]): { passed: number; failed: number; skipped: number } {
  const skipped = results.filter((one) => one.skipped).length
  const failed = results.filter(({ ok }) => !ok).length
  return { passed: results.length - skipped - failed, failed, skipped }
}

function painted(style: 'red' | 'green' | 'yellow', text: string, colour: boolean): string {
  return colour ? styleText(style, text, { validateStream: false }) : text
}
