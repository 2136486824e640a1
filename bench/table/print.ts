// The table as text and as Markdown, with the machine and the date.
import { availableParallelism, cpus } from 'node:os'
import type { Row } from './rows.ts'

/** What is known of a run besides its rows. */
export interface Run {
  readonly rounds: number
  readonly seconds: number
  readonly now: Date
  /** Why the figures may be wrong; undefined on a quiet machine. */
  readonly noise: string | undefined
}

const HEAD = ['work', 'other', 'Dockwarden', 'must', ''] as const

/** @param markdown as it stands in README.md */
export function printed(rows: readonly Row[], run: Run, markdown: boolean): string {
  const cells = [HEAD, ...rows.map(cellsOf)]
  // Without another server its column is empty.
  const kept = cells[0]!.map((_, column) => cells.slice(1).some((row) => row[column] !== ''))
  const shown = cells.map((row) => row.filter((_, column) => kept[column]))
  const loud = run.noise === undefined ? [] : [`${run.noise}.`]
  if (!markdown) return [machineOf(run), ...loud, '', ...aligned(shown)].join('\n')
  const [head, ...body] = shown.map((row) => `| ${row.join(' | ')} |`)
  const rule = `|${'---|'.repeat(shown[0]!.length)}`
  return [`${machineOf(run)}.`, ...loud.map((text) => `**${text}**`), '', head, rule, ...body].join('\n')
}

function cellsOf({ work, other, ours, must, met }: Row): readonly string[] {
  return [work, other, ours, must, met === undefined ? '' : met ? 'met' : 'MISSED']
}

function machineOf({ rounds, seconds, now }: Run): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const machine = `${availableParallelism()} x ${processor}, Node ${process.versions.node}`
  return `${now.toISOString().slice(0, 10)}: ${machine}; medians of ${rounds} x ${seconds} s in turn`
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
