// What changes from one configuration to another, on a page and for programs.
import { type ChangeGroup, groupChanges } from '../../policy/changes.ts'
import { type Change, type Comparison, isUnchanged } from '../../policy/compare.ts'
import type { Policy } from '../../policy/policy.ts'
import type { PolicyAnswer } from '../../policy/request.ts'
import type { Share } from '../../policy/tally.ts'
import { scopeText } from '../../request/scope.ts'
import { inPrint, type Paint, paintFor } from '../explain/step-words.ts'
import { actionWords, causeWords, requestWords } from './case-words.ts'
import type { Compared } from './compared.ts'

const MOST_GROUPS = 50
const MOST_EXAMPLES = 3
const MOST_ACCOUNTS = 10

/** @param colour whether it is for a terminal that shows some */
export function diffWords(compared: Compared, colour: boolean): string {
  const { log, generated, before, after } = compared
  const paint = paintFor(colour)
  const lines: string[] = []
  if (log) {
    lines.push(...sectionWords('Asked in the log', log.comparison, compared, paint))
    const { skipped, lines: all } = log.read
    if (skipped > 0)
      lines.push(
        `  ${skipped} of ${all} audit lines tell too little: refused, with labels left out, or without scopes`,
        '',
      )
  }
  lines.push(...sectionWords('Made of the rules', generated, compared, paint))
  lines.push(...shareWords(before, generated.shares.before), ...shareWords(after, generated.shares.after))
  return `${lines.join('\n')}\n`
}

function sectionWords(
  title: string,
  { asked, changes, undecided }: Comparison,
  compared: Compared,
  paint: Paint,
): string[] {
  const groups = groupChanges(changes, compared)
  const count = `${changes.length} of ${asked} requests ${changes.length === 1 ? 'is' : 'are'} answered otherwise`
  const open =
    undecided > 0
      ? `; ${undecided} can't be decided without a network (--passing ID takes an authorizer to pass)`
      : ''
  const left = groups.length - MOST_GROUPS
  return [
    paint('bold', `${title}: ${count}${open}`),
    '',
    ...groups.slice(0, MOST_GROUPS).flatMap((group) => [...groupWords(inPrint(group), paint), '']),
    ...(left > 0 ? [`  and ${left} other changes; --json has them all`, ''] : []),
  ]
}

function groupWords({ more, less, rules, changes }: ChangeGroup, paint: Paint): string[] {
  const [first] = changes as [Change]
  const what = [
    ...(more.length > 0 ? [paint('red', `grants [${more.join(', ')}] more`)] : []),
    ...(less.length > 0 ? [paint('yellow', `grants [${less.join(', ')}] less`)] : []),
  ]
  const left = changes.length - MOST_EXAMPLES
  return [
    `  ${what.length > 0 ? what.join(', and ') : 'can be told on one side only'}`,
    `    before: ${causeWords(first.before, rules.before)}`,
    `    after:  ${causeWords(first.after, rules.after)}`,
    `    for ${accountWords(changes)}`,
    ...changes.slice(0, MOST_EXAMPLES).map(exampleWords),
    ...(left > 0 ? [`      and ${left} other ${left === 1 ? 'request' : 'requests'}`] : []),
  ]
}

function exampleWords({ request, before, after }: Change): string {
  const shown = (answer: PolicyAnswer) =>
    answer.kind === 'decided' ? actionWords(answer.actions) : 'undecided'
  return `      ${requestWords(request)}   ${shown(before)} -> ${shown(after)}`
}

function accountWords(changes: readonly Change[]): string {
  const names = [
    ...new Set(
      changes.map(({ request }) =>
        request.account === '' ? 'clients without credentials' : request.account,
      ),
    ),
  ]
  const left = names.length - MOST_ACCOUNTS
  return `${names.slice(0, MOST_ACCOUNTS).join(', ')}${left > 0 ? ` and ${left} others` : ''}`
}

function shareWords({ file, lists }: Policy, { rules, decided, never }: Share): string[] {
  if (lists.length === 0) return [`${file}: has no rules that requests could be made of`]
  const shown = never
    .slice(0, MOST_EXAMPLES)
    .map(({ rule, at }) => `${rule}${at === undefined ? '' : ` at ${at}`}`)
  const more = never.length - shown.length
  const left = never.length > 0 ? `; never: ${shown.join(', ')}${more > 0 ? ` and ${more} others` : ''}` : ''
  return [`${file}: ${decided} of ${rules} rules decided${left}`]
}

/** All of it as one line of JSON. */
export function diffJson(compared: Compared): string {
  const { before, after, log, generated } = compared
  const shown = {
    same: isUnchanged(generated) && (!log || isUnchanged(log.comparison)),
    before: { config: before.file, ...generated.shares.before },
    after: { config: after.file, ...generated.shares.after },
    ...(log && {
      log: { ...comparisonJson(log.comparison, compared), lines: log.read.lines, skipped: log.read.skipped },
    }),
    generated: comparisonJson(generated, compared),
  }
  return `${JSON.stringify(shown)}\n`
}

function comparisonJson({ asked, changes, undecided }: Comparison, compared: Compared) {
  return {
    asked,
    changed: changes.length,
    undecided,
    changes: groupChanges(changes, compared).map(({ changes: all, ...group }) => ({
      ...group,
      requests: all.map(({ request: { resource, at, ...rest }, before, after }) => ({
        ...rest,
        ...(at !== undefined && { at: new Date(at).toISOString() }),
        scope: scopeText(resource),
        before,
        after,
      })),
    })),
  }
}
