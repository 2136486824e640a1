// What came of cases, as TAP (Test Anything Protocol, version 14).
import type { CaseResult } from '../../policy/run-cases.ts'
import { printable } from '../table.ts'
import { requestWords, verdictWords } from './case-words.ts'
import type { Tested } from './tested.ts'

/** @see https://testanything.org/tap-version-14-specification.html */
export function tapOf({ files, coverage = [] }: Tested): string {
  const all = files.flatMap(({ file, results }) => results.map((result) => ({ file, result })))
  const lines = all.flatMap(({ file, result }, index) => pointOf(index + 1, file, result))
  const shares = coverage.map((tally) => {
    const { rules, decided } = tally.share()
    return `# ${printable(tally.policy.file)}: ${decided} of ${rules} rules decided`
  })
  return `${['TAP version 14', `1..${all.length}`, ...lines, ...shares].join('\n')}\n`
}

function pointOf(number: number, file: string, result: CaseResult): string[] {
  const { case: one, outcome, steps } = result
  // A # begins a directive.
  const point = `${number} - ${printable(one.name).replace(/[\\#]/g, '\\$&')}`
  if (outcome === 'passed') return [`ok ${point}`]
  const said = {
    message: verdictWords(result),
    outcome,
    request: requestWords(one.request),
    at: `${file}:${one.line}`,
    why: steps.flatMap(({ why }) => why),
  }
  // JSON is YAML.
  const entries = Object.entries(said).map(([key, held]) => `  ${key}: ${printable(JSON.stringify(held))}`)
  return [`not ok ${point}`, '  ---', ...entries, '  ...']
}
