// What is wrong with the layout of lines that are no YAML: the parser says what it did not expect, seldom what was forgotten.
import { blankMissing } from './slips.ts'

/** A line that is neither empty nor a comment. */
interface Line {
  /** Starts at 1. */
  readonly number: number
  /** Without the space around it. */
  readonly text: string
  /** Where its text begins, and where its key does, behind the marks of items; both start at 1. */
  readonly column: number
  readonly keyColumn: number
  /** `listen: ":1"` */
  readonly key?: string
  readonly value?: string
}

/**
 * What to mend near a place at which the parser gave up.
 *
 * @returns undefined when the lines there look as they should
 * @example layoutHint('a:\n  -b: c\n   d: e', 5) // 'write a blank after the -: "- b: c"'
 */
export function layoutHint(text: string, offset: number): string | undefined {
  const at = text.slice(0, offset).split('\n').length
  const lines = linesOf(text)
  const index = lines.findLastIndex(({ number }) => number <= at)
  const [before, line, after] = [lines[index - 1], lines[index], lines[index + 1]]
  if (!line) return undefined
  for (const each of [line, before]) {
    const slip = each && slipOf(each)
    if (slip !== undefined) return slip
  }
  if (line.key === undefined && /^[\w-]+$/.test(line.text) && after && after.column > line.keyColumn)
    return `write a colon behind it: ${line.text}:`
  return (
    (before && tooDeep(before, line)) ??
    (after && tooDeep(line, after)) ??
    noColumn(lines.slice(0, index), line)
  )
}

function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((raw, index) => {
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#') || trimmed === '---') return []
    const column = raw.length - raw.trimStart().length + 1
    const [marks = ''] = /^(?:- +)*/.exec(trimmed) ?? []
    const [, key, value] = /^([\w.-]+):(?:\s+(.*))?$/.exec(trimmed.slice(marks.length)) ?? []
    const keyed = key === undefined ? {} : { key, value: value ?? '' }
    return [{ number: index + 1, text: trimmed, column, keyColumn: column + marks.length, ...keyed }]
  })
}

function slipOf({ text, keyColumn, column }: Line): string | undefined {
  if (/^-[^\s-][^:]*:(\s|$)/.test(text))
    return `write a blank after the -: ${JSON.stringify(`- ${text.slice(1)}`)}`
  return blankMissing(text.slice(keyColumn - column))
}

/** A line below a key that has a value already can't belong to that value. */
function tooDeep(above: Line, line: Line): string | undefined {
  const full = above.value !== undefined && !/^$|^[|>&!*#]/.test(above.value)
  if (!full || line.column <= above.keyColumn || (line.key === undefined && !line.text.startsWith('- ')))
    return undefined
  return `line ${line.number} begins in column ${line.column}, further right than ${above.key} (column ${above.keyColumn}), which has a value already; begin it in the same column`
}

/** A key that begins between the columns of the keys above, or below the mark of an item. */
function noColumn(above: readonly Line[], { number, column, keyColumn, key }: Line): string | undefined {
  if (key === undefined || column !== keyColumn) return undefined
  const open: { readonly at: number; readonly isKey: boolean }[] = []
  for (const line of above) {
    while (open.length > 0 && open.at(-1)!.at >= line.column) open.pop()
    if (line.column !== line.keyColumn) open.push({ at: line.column, isKey: false })
    open.push({ at: line.keyColumn, isKey: true })
  }
  const columns = open.filter(({ isKey }) => isKey).map(({ at }) => at)
  if (columns.length === 0 || columns.includes(column) || column > columns.at(-1)!) return undefined
  return `line ${number} begins in column ${column}, where no key above begins; begin it in column ${columns.join(' or ')}, as the key that it stands beside`
}
