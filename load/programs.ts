// External programs that count how often they ran, and how many ran at once: what a server really asked of its backend.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A program and what it has counted itself. */
export interface CountedProgram {
  readonly path: string
  /** How often it was started. */
  runs(): number
}

/**
 * Writes a program that says yes after so many seconds.
 *
 * @param password what must stand behind the account on its input; otherwise it says no. Undefined: it says yes to all
 */
export function countedProgram(
  folder: string,
  name: string,
  seconds: number,
  password?: string,
): CountedProgram {
  const path = join(folder, name)
  const count = join(folder, `${name}.runs`)
  writeFileSync(count, '')
  const judge =
    password === undefined ? 'exit 0' : `case "$input" in *" ${password}") exit 0 ;; *) exit 1 ;; esac`
  writeFileSync(
    path,
    `#!/bin/sh
printf . >> ${count}
input=$(cat)
sleep ${seconds}
${judge}
`,
    { mode: 0o755 },
  )
  return { path, runs: () => readFileSync(count).length }
}
