// What to write instead where a file is no YAML: the parser says what it found, in its own words.
import type { YAMLError, YAMLParseError, YAMLWarning } from 'yaml'
import { suggest } from '../plugin.ts'
import { layoutHint } from './layout-hints.ts'
import { SECRET_TAGS } from './yaml-secret.ts'

/** Something wrong at an offset of the text. */
export interface Fault {
  readonly offset: number
  /** The path of the key, where it is known. */
  readonly path?: string
  readonly message: string
}

const REMEDIES: ReadonlyMap<string, string> = new Map<YAMLParseError['code'], string>([
  ['TAB_AS_INDENT', 'indent with spaces'],
  [
    'BAD_INDENT',
    'begin all keys of a map, and all items of a list, in the same column, and indent what stands in { } or [ ] further than the key before it',
  ],
  ['BAD_ALIAS', 'text that begins with * needs quotes: "*"'],
  ['ALIAS_PROPS', 'text that begins with * needs quotes: "*"'],
  ['BAD_SCALAR_START', 'put the text in quotes'],
  ['BAD_DQ_ESCAPE', 'double the backslash, or use single quotes'],
  ['BLOCK_AS_IMPLICIT_KEY', 'put text that holds ": " in quotes, and nested keys on lines of their own'],
  ['BLOCK_IN_FLOW', 'put text that holds ": " in quotes'],
  ['MISSING_CHAR', 'close what was opened, and put text with { } [ ] , or ": " in quotes'],
  ['MULTILINE_IMPLICIT_KEY', 'write KEY: VALUE, with a space after the colon'],
  ['UNEXPECTED_TOKEN', 'put text with { } [ ] , or ": " in quotes'],
  ['BAD_DIRECTIVE', 'remove this line'],
])

/**
 * The faults worth reporting, in words with a remedy. Behind an unexpected token the parser has lost its way: what it finds
 * there is no fault of its own.
 */
export function syntaxFaults(errors: readonly YAMLParseError[], text: string): readonly Fault[] {
  const deep = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
  if (deep) return [{ offset: deep.pos[0], message: 'is nested too deeply; write it flatter' }]
  const lost = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN')
  const kept = lost === -1 ? errors : errors.slice(0, lost + 1)
  const faults = kept.map((error) =>
    ABOUT_LAYOUT.has(error.code) ? layoutFault(error, text) : inWords(error),
  )
  // The parser may have several words for one mistake.
  return faults.filter(
    (fault, index) =>
      !faults
        .slice(0, index)
        .some(({ offset, message }) => offset === fault.offset || message === fault.message),
  )
}

const ABOUT_LAYOUT: ReadonlySet<YAMLParseError['code']> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'MULTILINE_IMPLICIT_KEY',
  'MISSING_CHAR',
  'UNEXPECTED_TOKEN',
])

function layoutFault(error: YAMLParseError, text: string): Fault {
  const hint = layoutHint(text, error.pos[0])
  return hint === undefined ? inWords(error) : { offset: error.pos[0], message: `is no YAML; ${hint}` }
}

/** Tags that name a kind of scalar. */
const SCALAR_TAGS: readonly string[] = ['int', 'float', 'bool', 'null', 'timestamp']

/**
 * What the parser only warns of. It takes what has an unknown tag for text, as docker_auth's does: `!evn NAME` would be a
 * password NAME.
 */
export function tagFaults(
  found: readonly YAMLWarning[],
  version: '1.1' | '1.2',
): { readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] } {
  const faults: Fault[] = []
  const warnings: Fault[] = []
  for (const warning of found) {
    const [, tag] = /^Unresolved tag: (.*)/s.exec(warning.message) ?? []
    const offset = warning.pos[0]
    if (tag === undefined) {
      // An alias that ends with a colon, of which it warns too, needs an anchor as every other.
      if (warning.code !== 'BAD_ALIAS') faults.push(inWords(warning))
      continue
    }
    const short = tag.replace(/^tag:yaml\.org,2002:/, '!!')
    if (SECRET_TAGS.has(tag)) {
      faults.push({ offset, message: `${tag} can not hold a map or a list; write ${tag} and a name` })
    } else if (SCALAR_TAGS.includes(short.slice(2))) {
      faults.push({ offset, message: `what follows is no ${short}; remove the tag, or write such a value` })
    } else {
      const remedy = suggest(short, SECRET_TAGS.keys())
      const unknown = `there is no tag ${short}`
      if (version === '1.2') faults.push({ offset, message: `${unknown}; ${remedy}` })
      else warnings.push({ offset, message: `${unknown}, which is ignored, as in docker_auth; ${remedy}` })
    }
  }
  return { faults, warnings }
}

function inWords({ code, message, pos: [offset] }: YAMLError): Fault {
  const remedy = REMEDIES.get(code)
  return { offset, message: remedy ? `${firstLine(message)}; ${remedy}` : firstLine(message) }
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
}
