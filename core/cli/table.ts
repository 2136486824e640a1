// A table for people: a line a row, columns as wide as their widest cell.

/**
 * @param head the columns' names
 * @param rows as many cells each
 * @returns lines, each with its end
 * @example table(['ID', 'KIND'], [['corp', 'labeler']]) // 'ID    KIND\ncorp  labeler\n'
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows.map((row) => row.map(printable))]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  return all.map((row) => `${line(row)}\n`).join('')
}

/** What could move a terminal's cursor or turn its text around shows as an escape. */
export function printable(text: string): string {
  return text.replace(/\p{C}|[\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}
