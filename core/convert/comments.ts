// The comments of a YAML text, found by its tokens: a # within a text is none.
import { CST, Lexer } from 'yaml'

/** One comment. */
export interface Comment {
  /** Without the `#`. */
  readonly text: string
  readonly offset: number
  /** Starts at 1. */
  readonly line: number
  /** Starts at 0. */
  readonly column: number
  /** Whether nothing else stands on its line. */
  readonly alone: boolean
}

/** Notes of the lexer's own, which stand nowhere in the text. */
const NOTES: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.SCALAR, CST.FLOW_END])

/** The comments of the first document of a text, in its order. */
export function commentsIn(text: string): Comment[] {
  const found: Comment[] = []
  let [offset, lineStart, line] = [0, 0, 1]
  let [scalar, content, ended] = [false, false, false]
  for (const token of new Lexer().lex(text)) {
    if (NOTES.has(token)) {
      scalar = token === CST.SCALAR
      continue
    }
    if (content && !scalar && token === '---') break
    if (!scalar && token === '...') ended = true
    if (!scalar && token.startsWith('#')) {
      const alone = text.slice(lineStart, offset).trim() === ''
      // An empty one is a blank, as an empty text is an empty line.
      const shown = token.slice(1).trimEnd() || ' '
      found.push({ text: shown, offset, line, column: offset - lineStart, alone })
    } else if (token.trim() !== '' && token !== '---' && token !== '...' && !token.startsWith('%')) {
      if (ended) break
      content = true
    }
    for (const { index, 0: end } of token.matchAll(/\r?\n/g)) {
      line += 1
      lineStart = offset + index + end.length
    }
    offset += token.length
    scalar = false
  }
  return found
}
