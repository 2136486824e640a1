// What a plugin said, and why, on a page.
import { styleText } from 'node:util'
import type { Labels } from '../../plugin.ts'
import type { TraceStep } from '../../request/trace.ts'
import { printable } from '../table.ts'

/** Colours a text, or leaves it as it is. */
export type Paint = (style: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string
const PLAIN = { validateStream: false } as const

/** @param colour whether it is for a terminal that shows some */
export function paintFor(colour: boolean): Paint {
  return colour && !process.env.NO_COLOR ? (style, text) => styleText(style, text, PLAIN) : (_, text) => text
}

/** A copy. What plugins say, and what stands in rules, must not move the cursor. */
export function inPrint<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, held) => (typeof held === 'string' ? printable(held) : held))
}

/** @example stepWords(step, paint) // ['  acl (acl): grants pull', '    rule 3 at acl.yml:7 yes: grants [pull]'] */
export function stepWords(step: TraceStep, paint: Paint): string[] {
  const { id, plugin, why } = step
  const line = `  ${id} (${plugin}): ${paint(step.outcome === 'unavailable' ? 'red' : 'bold', saidWords(step))}`
  return [line, ...why.map((sentence) => `    ${sentence}`)]
}

/** What a plugin said, in a few words. */
export function saidWords({ outcome, account, labels: given, reason, actions }: TraceStep): string {
  switch (outcome) {
    case 'accept':
      return `accepts ${account === '' ? 'a client without credentials' : account}${labelWords(given)}`
    case 'reject':
      return `rejects: ${reason}`
    case 'pass':
      return 'passes: it has nothing to say'
    case 'labels':
      return `gives ${labelWords(given, 'no labels')}`
    case 'grant':
      return actions?.length ? `grants ${actions.join(', ')}` : 'grants nothing'
    case 'deny':
      return 'denies'
    case 'unavailable':
      return `could not be asked: ${reason}`
  }
}

function labelWords(given: Labels = {}, none = ''): string {
  const all = Object.entries(given).map(([name, values]) => `${name} [${values.join(', ')}]`)
  return all.length === 0 ? none : `${none === '' ? ' with labels ' : ''}${all.join(', ')}`
}
