// Who could, for people and for programs.
import { printable } from '../table.ts'
import type { WhoAnswer } from './who.ts'

/** One line of JSON. */
export function whoJson({ resource, accounts, rules, open }: WhoAnswer): string {
  const { type, name, actions } = resource
  const scope = `${type}:${name}:${actions.join(',')}`
  return `${JSON.stringify({ scope, complete: open.length === 0, accounts, rules, open })}\n`
}

/** A page. */
export function whoWords({ resource, accounts, rules, open }: WhoAnswer): string {
  const { type, name, actions } = resource
  const lines = [
    `Who could: ${type}:${name}:${actions.join(',')}`,
    '',
    'Known accounts',
    ...orNone(
      accounts.map(
        ({ account, authenticator, by }) =>
          `${account === '' ? 'clients without credentials' : account} (${authenticator}), by ${by}`,
      ),
    ),
    '',
    'By rules',
    ...orNone(rules.map(({ rule, who }) => `${rule}: ${who}`)),
    '',
    ...(open.length === 0
      ? ['complete']
      : ['Not complete; what could not be turned round:', ...orNone([...open])]),
  ]
  return `${lines.map(printable).join('\n')}\n`
}

function orNone(lines: readonly string[]): string[] {
  return lines.length === 0 ? ['  none'] : lines.map((line) => `  ${line}`)
}
