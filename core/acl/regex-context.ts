// Where the placeholders of a regular expression stand: as items of their own, or inside something where a text would
// change its meaning (`[...]`, `\Q...\E`, an escape, a repeat count, the head of a group).

// RE2's items, as far as they hold more than one character. What the two groups match is not finished, or may go on:
// `open` ends before the first character that does not fit, `inside` goes on over any text.
const ITEM = new RegExp(
  [
    String.raw`\\Q.*?\\E`,
    String.raw`\\[pP](?:\{[^}]*\}|\^?[^{^])`,
    String.raw`\\x(?:\{[^}]*\}|[\da-fA-F]{2})`,
    String.raw`\\[^QpPx0-7]`,
    String.raw`\[(?:\^?\]|(?!\^?\]))(?:\[:\^?\w+:\]|\\.|(?!\[:\^?\w+:\])[^\]\\])*\]`,
    String.raw`\(\?[^:)>]*[:)>]`,
    String.raw`(?<open>\{[\d,]*(?<counted>\})?|\\[0-7]{1,2}(?<octal>[0-7])?)`,
    String.raw`(?<inside>\\Q.*|\\[pP](?:\{[^}]*|\^?)|\\x(?:\{[^}]*|[\da-fA-F]?)|\\|\[.*|\(\?.*)`,
    '.',
  ].join('|'),
  'suy',
)

/** What is known of the place of a placeholder. */
export interface Gap {
  /**
   * `item`: an item of its own. `open`: behind a repeat count or an octal escape that a digit would continue.
   * `inside`: a part of something else, whatever it is.
   */
  readonly place: 'item' | 'open' | 'inside'
  /** A repetition (`*`, `+`, `?`, `{2}`) stands behind it. */
  readonly repeated: boolean
}

/**
 * Looks at the gaps between the texts of an expression. As long as all gaps are items of their own, that is exact; behind
 * one that is not, the answer for the others is only a guess.
 *
 * @param texts the expression's texts; between each two of them stands one placeholder
 * @example gapsOf(['^[', ']/', '*$']) // [{ place: 'inside', repeated: false }, { place: 'item', repeated: true }]
 */
export function gapsOf(texts: readonly string[]): Gap[] {
  const whole = texts.join('')
  const places = new Map<number, 'open' | 'inside'>()
  ITEM.lastIndex = 0
  for (let start = 0; start < whole.length; start = ITEM.lastIndex) {
    const { open, counted, octal, inside } = ITEM.exec(whole)!.groups!
    const unfinished =
      inside !== undefined || (open !== undefined && counted === undefined && octal === undefined)
    const end = unfinished ? ITEM.lastIndex : ITEM.lastIndex - 1
    for (let at = start + 1; at <= end; at += 1) places.set(at, open === undefined ? 'inside' : 'open')
  }
  let at = 0
  return texts.slice(0, -1).map((text, index) => {
    at += text.length
    return { place: places.get(at) ?? 'item', repeated: /^[*+?{]/.test(texts[index + 1]!) }
  })
}

/**
 * The items of an expression that RE2 accepts: characters, escapes, classes, heads of groups, repetitions.
 *
 * @example itemsOf('^(?:a|[bc])\\.*$') // ['^', '(?:', 'a', '|', '[bc]', ')', '\\.', '*', '$']
 */
export function itemsOf(expression: string): string[] {
  const items: string[] = []
  ITEM.lastIndex = 0
  while (ITEM.lastIndex < expression.length) items.push(ITEM.exec(expression)![0])
  return items
}

/**
 * The same expression with groups that have a number only.
 *
 * @example withoutNames('(?P<a>x)[(?P<b>]') // '(x)[(?P<b>]'
 */
export function withoutNames(expression: string): string {
  return itemsOf(expression)
    .map((item) => (NAMED_GROUP.test(item) ? '(' : item))
    .join('')
}

/** The head of a group that has a name. */
export const NAMED_GROUP = /^\(\?P?<[^>]*>$/
