// CHANGELOG.md in the form of Keep a Changelog: is it that, what is in a section, and what a release makes of it.

const UNRELEASED = '## [Unreleased]'
const HEADING = /^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$/
/** The groups that Keep a Changelog has, in its order. */
const GROUPS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']

interface Section {
  /** Undefined is what is not released yet. */
  readonly version: string | undefined
  /** The number of its heading's line, from 1. */
  readonly line: number
  readonly lines: readonly string[]
}

/** What is wrong with the form, a sentence each, with the line. @param text the whole file */
export function faultsOf(text: string): string[] {
  const sections = sectionsOf(text)
  const faults: string[] = []
  if (!text.startsWith('# Changelog\n')) faults.push('line 1: must be "# Changelog"')
  if (sections[0]?.version !== undefined || sections[0] === undefined)
    faults.push(`the first section must be "${UNRELEASED}"`)
  let newer: readonly [version: string, date: string] | undefined
  for (const [index, { version, line, lines }] of sections.entries()) {
    faults.push(...groupFaults(lines, line))
    const heading = text.split('\n')[line - 1]!
    if (heading === UNRELEASED) {
      if (index > 0) faults.push(`line ${line}: "${UNRELEASED}" must stand first, and once`)
      continue
    }
    const date = HEADING.exec(heading)?.[2]
    if (version === undefined || date === undefined || !isDate(date)) {
      faults.push(`line ${line}: must be "## [X.Y.Z] - YYYY-MM-DD"`)
      continue
    }
    if (newer !== undefined && (compareVersions(version, newer[0]) >= 0 || date > newer[1]))
      faults.push(`line ${line}: ${version} must be older than ${newer[0]}, which stands above it`)
    newer = [version, date]
  }
  return faults
}

/** What a section says, without its heading. @param version undefined: what is not released yet */
export function sectionOf(text: string, version?: string): string {
  const found = sectionsOf(text).find((section) => section.version === version)
  return found === undefined ? '' : found.lines.join('\n').trim()
}

/** The file after a release: what was unreleased is the version's. @param date YYYY-MM-DD */
export function release(text: string, version: string, date: string): string {
  return text.replace(`${UNRELEASED}\n`, () => `${UNRELEASED}\n\n## [${version}] - ${date}\n`)
}

/** Negative when `a` is older than `b`, 0 when they are equal. Both are X.Y.Z. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  return left.map((part, index) => part - right[index]!).find((difference) => difference !== 0) ?? 0
}

function sectionsOf(text: string): Section[] {
  const lines = text.split('\n')
  const starts = lines.flatMap((line, index) => (line.startsWith('## ') ? [index] : []))
  return starts.map((start, index) => ({
    version: HEADING.exec(lines[start]!)?.[1],
    line: start + 1,
    lines: lines.slice(start + 1, starts[index + 1]),
  }))
}

function groupFaults(lines: readonly string[], heading: number): string[] {
  const faults: string[] = []
  let last = -1
  let filled = true
  for (const [index, line] of lines.entries()) {
    const at = `line ${heading + 1 + index}`
    const group = /^###\s+(.*)$/.exec(line)?.[1]
    if (group === undefined) {
      if (line.startsWith('- ')) {
        if (last < 0) faults.push(`${at}: stands in no group`)
        filled = true
      }
      continue
    }
    if (!filled) faults.push(`${at}: the group before it is empty`)
    const place = GROUPS.indexOf(group)
    if (place < 0) faults.push(`${at}: groups are ${GROUPS.join(', ')}`)
    else if (place <= last) faults.push(`${at}: ${group} must stand once, before ${GROUPS[last]}`)
    last = Math.max(last, place)
    filled = false
  }
  if (!filled) faults.push(`line ${heading + lines.length}: the last group is empty`)
  return faults
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
