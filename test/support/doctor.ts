// `dockwarden doctor` in this process, and what it has found.
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { type DoctorOptions, doctor } from '../../core/cli/doctor/run.ts'
import type { Finding } from '../../core/doctor/finding.ts'

export interface Examined {
  readonly status: number
  readonly findings: readonly Finding[]
  readonly stderr: string
  /** All that was written. */
  readonly said: string
  /** The findings of a level, each as `id: what`. */
  of(level: Finding['level']): string[]
  /** The remedy of the first finding with this id that is not ok. */
  remedy(id: string): string
}

/** What is given besides the options. */
export interface Given extends Omit<DoctorOptions, 'json'> {
  /** On standard input. */
  readonly input?: string
  /** Milliseconds that this machine's clock is ahead. */
  readonly ahead?: number
  /** Whether somebody has named the file. */
  readonly isNamed?: boolean
}

/** Runs it with `--json`. */
export async function runDoctor(
  file: string,
  { input, ahead = 0, isNamed = true, ...options }: Given = {},
): Promise<Examined> {
  const out: string[] = []
  const err: string[] = []
  const status = await doctor(
    { name: file, isNamed },
    { ...options, json: true },
    {
      input: Object.assign(Readable.from(input === undefined ? [] : [Buffer.from(input)]), {
        isTTY: input === undefined,
      }),
      output: { stdout: { write: (text) => out.push(text) }, stderr: { write: (text) => err.push(text) } },
      now: () => Date.now() + ahead,
    },
  )
  const { findings, healthy } = JSON.parse(out.join('')) as { findings: Finding[]; healthy: boolean }
  expect(healthy).to.equal(findings.every(({ level }) => level !== 'wrong'))
  for (const { id, level, what, why, remedy, page } of findings) {
    expect(page).to.equal(`docs/doctor.md#${id}`)
    const all = level === 'ok' ? [what] : [what, why, remedy]
    for (const text of all) expect(text, `${id}: ${what}`).to.be.a('string').with.length.greaterThan(0)
  }
  return {
    status,
    findings,
    stderr: err.join(''),
    said: [...out, ...err].join(''),
    of: (level) => findings.filter((one) => one.level === level).map(({ id, what }) => `${id}: ${what}`),
    remedy: (id) => findings.find((one) => one.id === id && one.level !== 'ok')?.remedy ?? '',
  }
}
