// Regular expressions of all sorts, and texts for them.
import fc from 'fast-check'

const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', '/', '\\/', '\\.', 'ab', '\n', '\u{1F40B}', '-') },
  fc.constantFrom('(', '(?:', '(?P<n>', ')', '|', '*', '+', '?', '{2}', '[ab]', '[^a|]', '.', '.*', '^', '$'),
  fc.constantFrom(
    '\\A',
    '\\z',
    '\\b',
    '\\d',
    '\\Qa|b\\E',
    '(?i)',
    '(?s)',
    '(?m)',
    '(?i:',
    '[]a]',
    '\\x61',
    ']',
    '}',
  ),
)
/** An expression; RE2 may not accept it. */
export const anyExpression = fc
  .tuple(
    fc.constantFrom('^', '^(', '\\A', ''),
    fc.array(piece, { maxLength: 8 }),
    fc.constantFrom('$', '.*', '.*$', ''),
  )
  .map(([begin, pieces, tail]) => begin + pieces.join('') + tail)
/** A text that such an expression may match. */
export const anySubject = fc
  .array(fc.constantFrom('a', 'b', 'A', '/', '.', '|', '-', '\n', '\u{1F40B}', 'ab', ']', '}'), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''))
