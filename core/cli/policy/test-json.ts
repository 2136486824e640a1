// What came of cases, for programs.
import { verdictWords } from './case-words.ts'
import type { Tested } from './tested.ts'

/** All of it as one line of JSON. */
export function testJson({ files, coverage }: Tested): string {
  const all = files.flatMap(({ results }) => results)
  const count = (kind: string) => all.filter(({ outcome }) => outcome === kind).length
  const shown = {
    passed: count('passed'),
    failed: count('failed'),
    undecided: count('undecided'),
    files: files.map(({ file, config, results }) => ({
      file,
      config,
      cases: results.map((result) => {
        const { case: one, outcome, answer, rules, steps } = result
        return {
          name: one.name,
          line: one.line,
          outcome,
          expected: one.expect,
          ...(one.rule !== undefined && { expected_rule: one.rule }),
          ...(answer.kind === 'decided'
            ? {
                granted: answer.actions,
                authorizer: answer.authorizer,
                rule: answer.rule,
                reason: answer.reason,
              }
            : { reason: answer.why }),
          rules,
          ...(outcome !== 'passed' && { message: verdictWords(result), authorizers: steps }),
        }
      }),
    })),
    ...(coverage && {
      coverage: coverage.map((tally) => {
        const { rules, decided } = tally.share()
        return { config: tally.policy.file, rules, decided, each: tally.all() }
      }),
    }),
  }
  return `${JSON.stringify(shown)}\n`
}
