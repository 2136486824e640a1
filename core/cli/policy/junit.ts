// What came of cases, as a JUnit report: what is undecided is an error there.
import escapeHtml from 'escape-html'
import type { CaseResult } from '../../policy/run-cases.ts'
import { printable } from '../table.ts'
import { requestWords, verdictWords } from './case-words.ts'
import type { Tested, TestedFile } from './tested.ts'

/** As GitLab, Jenkins and GitHub's actions read it. */
export function junitOf({ files }: Tested): string {
  const suites = files.map(suiteOf)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts(files.flatMap(({ results }) => results))}>\n${suites.join('')}</testsuites>\n`
}

function suiteOf({ file, results }: TestedFile): string {
  const cases = results.map((result) => caseOf(file, result)).join('')
  return `  <testsuite${attributes({ name: file })}${counts(results)}>\n${cases}  </testsuite>\n`
}

function counts(results: readonly CaseResult[]): string {
  const count = (kind: CaseResult['outcome']) => results.filter(({ outcome }) => outcome === kind).length
  return attributes({ tests: results.length, failures: count('failed'), errors: count('undecided') })
}

function caseOf(file: string, result: CaseResult): string {
  const { case: one, outcome, steps } = result
  const head = `    <testcase${attributes({ classname: file, name: one.name, file, line: one.line })}`
  if (outcome === 'passed') return `${head}/>\n`
  const kind = outcome === 'undecided' ? 'error' : 'failure'
  const why = [
    requestWords(one.request),
    ...steps.flatMap((step) => [`${step.id} (${step.plugin}): ${step.outcome}`, ...step.why]),
  ]
  const text = why.map((line) => escaped(line)).join('\n')
  return `${head}>\n      <${kind}${attributes({ message: verdictWords(result) })}>${text}</${kind}>\n    </testcase>\n`
}

function attributes(all: Readonly<Record<string, string | number>>): string {
  return Object.entries(all)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')
}

/** XML has no way to write most controls. */
function escaped(text: string): string {
  return escapeHtml(printable(text))
}
