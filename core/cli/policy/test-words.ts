// What came of cases, on a page: those that failed with their explanations, and how many did not.

import type { CaseResult } from '../../policy/run-cases.ts'
import type { RuleTally } from '../../policy/tally.ts'
import { inPrint, type Paint, paintFor, stepWords } from '../explain/step-words.ts'
import { table } from '../table.ts'
import { requestWords, verdictWords } from './case-words.ts'
import type { Tested } from './tested.ts'

/** @param colour whether it is for a terminal that shows some */
export function testWords({ files, coverage = [] }: Tested, colour: boolean): string {
  const paint = paintFor(colour)
  const lines: string[] = []
  for (const { file, results } of files)
    for (const result of results)
      if (result.outcome !== 'passed') lines.push(...failureWords(file, result, paint), '')
  for (const tally of coverage) lines.push(...coverageWords(tally, paint), '')
  for (const { file, results } of files) lines.push(countWords(file, results, paint))
  return `${lines.join('\n')}\n`
}

function failureWords(file: string, given: CaseResult, paint: Paint): string[] {
  const result = inPrint(given)
  const { name, line, request } = result.case
  return [
    paint('red', `${file}:${line}: ${result.outcome}: ${name}`),
    `  ${verdictWords(result)}`,
    `  ${requestWords(request)}`,
    ...result.steps.flatMap((step) => stepWords(step, paint)),
  ]
}

function countWords(file: string, results: readonly CaseResult[], paint: Paint): string {
  const count = (kind: CaseResult['outcome']) => results.filter(({ outcome }) => outcome === kind).length
  const [passed, failed, undecided] = [count('passed'), count('failed'), count('undecided')]
  const parts = [`${passed} of ${results.length} ${results.length === 1 ? 'case' : 'cases'} as expected`]
  if (failed > 0) parts.push(`${failed} failed`)
  if (undecided > 0) parts.push(`${undecided} undecided`)
  return `${file}: ${paint(passed === results.length ? 'green' : 'red', parts.join(', '))}`
}

function coverageWords(tally: RuleTally, paint: Paint): string[] {
  const { policy } = tally
  const all = tally.all()
  const rows = all.map(({ authorizer, rule, at = '', times }) => [
    times === 0 ? 'never' : String(times),
    authorizer,
    rule,
    at,
  ])
  const { rules, decided } = tally.share()
  const lines = table(['DECIDED', 'AUTHORIZER', 'RULE', 'AT'], rows).trimEnd().split('\n')
  return [
    ...lines.map((line) => (line.startsWith('never') ? paint('yellow', line) : line)),
    `${policy.file}: ${decided} of ${rules} rules decided${rules > 0 ? ` (${Math.floor((100 * decided) / rules)} %)` : ''}`,
  ]
}
