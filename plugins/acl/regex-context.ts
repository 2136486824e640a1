// Where the placeholders of a regular expression stand: as items of their own, or inside something where a text would
// change its meaning (`[...]`, `\Q...\E`, an escape, a repeat count, the head of a group).

// RE2's items, as far as they hold more than one character. The part after (?<open> is an item that is not finished.
const ITEM = new RegExp(
  [
    String.raw`\\Q.*?\\E`,
    String.raw`\\[pP](?:\{[^}]*\}|\^?[^{^])`,
    String.raw`\\x(?:\{[^}]*\}|[\da-fA-F]{2})`,
    String.raw`\\[0-7]{3}`,
    String.raw`\\[^QpPx0-7]`,
    String.raw`\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]`,
    String.raw`\{[\d,]*\}`,
    String.raw`\(\?[^:)>]*[:)>]`,
    String.raw`(?<open>\\Q.*|\\[pP](?:\{[^}]*|\^?)|\\x(?:\{[^}]*|[\da-fA-F]?)|\\[0-7]{1,2}|\\|\[.*|\{[\d,]*|\(\?.*)`,
    '.',
  ].join('|'),
  'suy',
)

/** What is known of the place of a placeholder. */
export interface Gap {
  /** It is an item of its own. */
  readonly own: boolean
  /** A repetition (`*`, `+`, `?`, `{2}`) stands behind it. */
  readonly repeated: boolean
}

/**
 * Looks at the gaps between the texts of an expression. As long as all gaps are items of their own, that is exact; behind
 * one that is not, the answer for the others is only a guess.
 *
 * @param texts the expression's texts; between each two of them stands one placeholder
 * @example gapsOf(['^[', ']/', '*$']) // [{ own: false, repeated: false }, { own: true, repeated: true }]
 */
export function gapsOf(texts: readonly string[]): Gap[] {
  const whole = texts.join('')
  const inside = new Set<number>()
  ITEM.lastIndex = 0
  for (let start = 0; start < whole.length; start = ITEM.lastIndex) {
    const found = ITEM.exec(whole)!
    const end = found.groups!.open === undefined ? ITEM.lastIndex - 1 : ITEM.lastIndex
    for (let at = start + 1; at <= end; at += 1) inside.add(at)
  }
  let at = 0
  return texts.slice(0, -1).map((text, index) => {
    at += text.length
    return { own: !inside.has(at), repeated: /^[*+?{]/.test(texts[index + 1]!) }
  })
}
