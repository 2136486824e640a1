// A diagnosis for people: what is not right, each with its remedy, and a table of everything at the end.
import { styleText } from 'node:util'
import type { Finding, Level } from '../../doctor/finding.ts'
import { printable, table } from '../table.ts'

interface Told {
  readonly file: string
  readonly registry?: string
  readonly findings: readonly Finding[]
}

const COLOURS = { ok: 'green', warning: 'yellow', wrong: 'red' } as const satisfies Record<Level, string>
const LONGEST = 100

/** @param isColourful whether the levels have colours */
export function inWords({ registry, findings }: Told, isColourful: boolean): string {
  const level = (text: string, of: Level) =>
    isColourful ? styleText(COLOURS[of], text, { validateStream: false }) : text
  const parts = findings
    .filter((finding) => finding.level !== 'ok')
    .map(
      ({ id, level: of, what, why, remedy, page }) =>
        `${level(of, of)} ${id}: ${printable(what)}\n  why: ${printable(why ?? '')}\n  remedy: ${printable(remedy ?? '')}\n  page: ${page}\n`,
    )
  const rows = findings.map(({ level: of, id, what }) => [of, id, shortened(what)])
  const lines = table(['LEVEL', 'CHECK', 'FOUND'], rows).replace(/^(ok|warning|wrong)/gm, (text) =>
    level(text, text as Level),
  )
  const count = (of: Level) => findings.filter((finding) => finding.level === of).length
  const sum = `${count('wrong')} wrong, ${count('warning')} to look at, ${count('ok')} ok`
  const hint = registry === undefined ? '; no registry was looked at: --registry URL' : ''
  return `${[...parts, lines].join('\n')}\n${sum}${hint}\n`
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text
}
