// What to write instead where a file is no YAML: the parser says what it found, in its own words.
import type { YAMLParseError } from 'yaml'

const REMEDIES: ReadonlyMap<string, string> = new Map<YAMLParseError['code'], string>([
  ['TAB_AS_INDENT', 'indent with spaces'],
  ['BAD_INDENT', 'begin all keys of a map, and all items of a list, in the same column'],
  ['BAD_ALIAS', 'write a star in quotes: "*"'],
  ['BAD_SCALAR_START', 'put the text in quotes'],
  ['BAD_DQ_ESCAPE', 'double the backslash, or use single quotes'],
  ['BLOCK_AS_IMPLICIT_KEY', 'put text that holds ": " in quotes, and nested keys on lines of their own'],
  ['BLOCK_IN_FLOW', 'put text that holds ": " in quotes'],
  ['MISSING_CHAR', 'close what was opened, and put text with { } [ ] , or ": " in quotes'],
  ['MULTILINE_IMPLICIT_KEY', 'write KEY: VALUE, with a space after the colon'],
  ['UNEXPECTED_TOKEN', 'put text with { } [ ] , or ": " in quotes'],
])

/**
 * The faults worth reporting, in words with a remedy. Behind an unexpected token the parser has lost its way: what it finds
 * there is no fault of its own.
 */
export function yamlFaults(
  errors: readonly YAMLParseError[],
): readonly { offset: number; message: string }[] {
  const lost = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN')
  const kept = lost === -1 ? errors : errors.slice(0, lost + 1)
  return kept.map(({ code, message, pos: [offset] }) => {
    const remedy = REMEDIES.get(code)
    return { offset, message: remedy ? `${firstLine(message)}; ${remedy}` : firstLine(message) }
  })
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
}
