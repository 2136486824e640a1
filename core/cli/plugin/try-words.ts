// What came of a plugin that was tried, on a page and as JSON.
import { styleText } from 'node:util'
import type { PluginKind } from '../../plugin.ts'
import { scopeText } from '../../request/scope.ts'
import { saidWords } from '../explain/step-words.ts'
import { printable } from '../table.ts'
import type { Called } from './call.ts'

/** One line that was logged meanwhile. */
export interface Logged {
  readonly level: string
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** What came of it, and of whom. */
export interface Tried extends Called {
  /** As it was typed. */
  readonly file: string
  readonly kind: PluginKind
  readonly plugin: string
  readonly id: string
  readonly log: readonly Logged[]
}

/** Takes a line of the log apart. @param id of the instance: what others log is of no interest, unless they are no plugin */
export function readLogged(line: string, id: string): Logged[] {
  const { level, time: _, msg, plugin: __, id: of, ids, request: ___, ...facts } = JSON.parse(line)
  const isOwn = of === id || ids?.includes(id) || (of === undefined && ['error', 'fatal'].includes(level))
  return isOwn ? [{ level, message: msg ?? '', facts }] : []
}

export function triedJson({ steps, ...tried }: Tried): string {
  const shown = steps.map(({ kind: _, id: __, plugin: ___, resource, milliseconds, ...step }) => ({
    ...(resource && { scope: scopeText(resource) }),
    ...step,
    milliseconds: rounded(milliseconds),
  }))
  return `${JSON.stringify({ ...tried, answers: shown })}\n`
}

/** @param colour whether it is for a terminal that shows some */
export function triedWords({ file, kind, plugin, id, steps, fault, log }: Tried, colour: boolean): string {
  const paint = (style: 'red' | 'bold' | 'dim', text: string) =>
    colour && !process.env.NO_COLOR ? styleText(style, text, { validateStream: false }) : text
  const lines = [paint('bold', printable(`${kind} ${id === plugin ? id : `${plugin} (id ${id})`}, ${file}`))]
  if (fault !== undefined) lines.push(paint('red', printable(`  was not asked: ${fault}`)))
  for (const step of steps) {
    const { asked, resource, outcome, why, rule, milliseconds } = step
    const about = resource ? `${scopeText(resource)}: ` : asked === 'refresh' ? 'refresh: ' : ''
    const by = rule === undefined ? '' : ` (${rule})`
    const said = printable(`  ${about}${saidWords(step)}${by}`)
    lines.push(outcome === 'unavailable' ? paint('red', said) : said)
    lines.push(...why.map((sentence) => printable(`    ${sentence}`)))
    lines.push(paint('dim', `    after ${rounded(milliseconds)} ms`))
  }
  if (log.length > 0) lines.push(paint('bold', 'Log'), ...log.map(logWords))
  return `${lines.join('\n')}\n`
}

function logWords({ level, message, facts: { err, ...facts } }: Logged): string {
  const rest = Object.keys(facts).length === 0 ? '' : `  ${JSON.stringify(facts)}`
  const error = err === undefined ? [] : errorLines(err)
  return [`  ${level.padEnd(5)}  ${message}${rest}`, ...error].map(printable).join('\n')
}

/** An error, and where it came from. */
function errorLines(error: unknown): string[] {
  const { stack } = (error ?? {}) as { stack?: unknown }
  const text = typeof stack === 'string' ? stack : JSON.stringify(error)
  return text
    .split('\n')
    .slice(0, 4)
    .map((line) => `         ${line.trim()}`)
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
