// What the doctor finds: each thing it has looked at, how that is, and what to do about it.

/** warning: works, but not for everybody, or not for long. wrong: does not work. */
export type Level = 'ok' | 'warning' | 'wrong'

/** One thing that was looked at. */
export interface Finding {
  /** Its heading in docs/doctor.md. */
  readonly id: string
  readonly level: Level
  readonly what: string
  /** Why it matters, and the remedy; left out when nothing is to be done. */
  readonly why?: string
  readonly remedy?: string
  readonly page: string
}

const PAGE = 'docs/doctor.md'

function finding(id: string, level: Level, what: string): Finding {
  return { id, level, what, page: `${PAGE}#${id}` }
}

/** @param id its heading in docs/doctor.md */
export function ok(id: string, what: string): Finding {
  return finding(id, 'ok', what)
}

/** @param id its heading in docs/doctor.md */
export function warning(id: string, what: string, why: string, remedy: string): Finding {
  return { ...finding(id, 'warning', what), why, remedy }
}

/** @param id its heading in docs/doctor.md */
export function wrong(id: string, what: string, why: string, remedy: string): Finding {
  return { ...finding(id, 'wrong', what), why, remedy }
}

/** Whether something does not work. */
export function isWrong(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'wrong')
}
