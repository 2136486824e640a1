// A YAML file that is a long list, a part at a time: to parse ten thousand items at once takes half a second.

/** Some items of a list, as a text of its own. */
export interface YamlPart {
  readonly text: string
  /** How many items of the list, and how many lines of the file, stand before it. */
  readonly items: number
  readonly lines: number
}

/** So many items are parsed and checked in a few milliseconds. */
const ITEMS_A_PART = 20

/**
 * Cuts a list into parts. What one part means by itself is not looked at: one that can't be read may need the others.
 *
 * @returns undefined for what is no long list with each item on a line of its own
 */
export function partsOf(text: string): YamlPart[] | undefined {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => !/^\s*(#.*)?\r?$|^---\s*$/.test(line))
  const indent = /^( *)-(?: |\r?$)/.exec(lines[start] ?? '')?.[1]
  if (indent === undefined || lines.slice(start).some((line) => /^(%|---|\.\.\.)/.test(line)))
    return undefined
  const item = `${indent}-`
  const isItem = (line: string) => line.startsWith(item) && /^\s|^$/.test(line.slice(item.length))
  const starts = lines.flatMap((line, at) => (at >= start && isItem(line) ? [at] : []))
  if (starts.length <= ITEMS_A_PART) return undefined
  const parts: YamlPart[] = []
  for (let items = 0; items < starts.length; items += ITEMS_A_PART) {
    const first = starts[items]!
    const next = starts[items + ITEMS_A_PART]
    const text = lines.slice(first, next).join('\n') + (next === undefined ? '' : '\n')
    parts.push({ text, items, lines: first })
  }
  return parts
}
