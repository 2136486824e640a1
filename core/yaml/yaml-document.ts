// The first document of a YAML text, parsed, and all that the parser has against the text.
import { Composer, CST, type Document, Lexer, LineCounter, type ParsedNode, Parser, type Tags } from 'yaml'
import { decodeText } from '../kit/text.ts'
import { type Fault, syntaxFaults, tagFaults } from './yaml-faults.ts'
import { SECRET_TAGS } from './yaml-secret.ts'

export interface FirstDocument {
  readonly contents: ParsedNode | null
  readonly lines: LineCounter
  /** Why the text is no YAML: what `contents` holds from the first of them on is a guess. */
  readonly syntax: readonly Fault[]
  /** What is wrong with a text that is YAML. */
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
}

/** Tags by which YAML 1.1 makes other things of values than text, numbers, lists and maps; Go's yaml.v2 makes nothing of them. */
const WITHOUT = new Set(
  ['omap', 'pairs', 'set', 'binary', 'merge'].map((name) => `tag:yaml.org,2002:${name}`),
)

const customTags = (tags: Tags): Tags => [
  ...tags.filter((tag) => typeof tag === 'string' || !WITHOUT.has(tag.tag)),
  ...[...SECRET_TAGS.keys(), 'tag:yaml.org,2002:merge'].map((tag) => ({
    tag,
    resolve: (held: string) => held,
  })),
  { tag: 'tag:yaml.org,2002:binary', resolve: textOfBase64 },
]

/** @param version 1.1 for docker_auth's form, which is read as Go's yaml.v2 reads it */
export function firstDocument(written: string, version: '1.1' | '1.2'): FirstDocument {
  // A line may end with a carriage return alone, which the parser does not know.
  const text = written.replace(/\r(?!\n)/g, '\n')
  const lines = linesOf(text)
  const unprintable = UNPRINTABLE.exec(text)
  if (unprintable) {
    const syntax = [{ offset: unprintable.index, message: unprintableMessage(unprintable[0]) }]
    return { contents: null, lines, syntax, faults: [], warnings: [] }
  }
  const options = { version, merge: false, uniqueKeys: false, resolveKnownTags: false, customTags } as const
  const documents = new Composer(options).compose(new Parser().parse(text), true, text.length)
  const first = documents.next().value as Document.Parsed
  const second = firstWithContent(documents)
  const tags = tagFaults(first.warnings, version)
  const further = [...middleMarks(text), ...secondDocument(second, version)]
  return {
    contents: first.contents,
    lines,
    syntax: syntaxFaults(first.errors, text),
    faults: [...tags.faults, ...(version === '1.1' ? hiddenLineEnds(text) : further)],
    warnings: version === '1.1' ? [...tags.warnings, ...further] : [],
  }
}

/** What is no text: control characters, and halves of surrogate pairs. YAML 1.1 and 1.2 forbid them, the parser lets them pass. */
const UNPRINTABLE = /[^\t\n\r -~\x85\xA0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

function unprintableMessage(char: string): string {
  if (char === '\0') return 'holds a NUL byte, as UTF-16 without a byte order mark does; save it as UTF-8'
  const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
  return `the character U+${code} can not stand in YAML; remove it, or write "\\u${code}" in double quotes`
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter()
  for (let start = 0; ; ) {
    lines.addNewLine(start)
    start = text.indexOf('\n', start) + 1
    if (start === 0) return lines
  }
}

/** Where files were joined, their marks stand in the middle, and become a part of keys that then are unknown. */
function* middleMarks(text: string): Generator<Fault> {
  const offset = text.indexOf('\uFEFF', 1)
  if (offset === -1) return
  const message = 'a byte order mark (U+FEFF) stands here, which nobody sees; remove it, or write "\\uFEFF"'
  yield { offset, message }
}

/** What ends a line besides, in YAML 1.1 (section 4.2): docker_auth sees keys and values where an editor shows one line. */
const HIDDEN_LINE_END = /[\x85\u2028\u2029]/
/** The beginning of a document and of a scalar, and the end of what should have been closed. */
const NOTES: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.SCALAR, CST.FLOW_END])

function* hiddenLineEnds(text: string): Generator<Fault> {
  if (!HIDDEN_LINE_END.test(text)) return
  let offset = 0
  for (const token of new Lexer().lex(text)) {
    // A note of the lexer's own, which stands nowhere in the text.
    if (NOTES.has(token)) continue
    const found = /^["']/.test(token) ? -1 : token.search(HIDDEN_LINE_END)
    if (found !== -1) {
      const code = token.codePointAt(found)!.toString(16).toUpperCase().padStart(4, '0')
      const message = `the character U+${code} stands here, which nobody sees, and ends a line for docker_auth; remove it, or put the text in quotes`
      yield { offset: offset + found, message }
    }
    offset += token.length
  }
}

function secondDocument(offset: number | undefined, version: '1.1' | '1.2'): Fault[] {
  if (offset === undefined) return []
  const message =
    version === '1.1'
      ? 'a second document begins here, which is ignored, as in docker_auth; remove it'
      : 'a second document begins here, and a file holds one; remove it, or the line (---) that begins it'
  return [{ offset, message }]
}

/** @returns where the first document with anything in it begins: a lone `---` at the end is none */
function firstWithContent(documents: Iterable<Document.Parsed>): number | undefined {
  for (const { contents, errors, range } of documents) {
    const [begin, end] = contents?.range ?? [0, 0]
    if (end > begin || errors.length > 0) return range[0]
  }
  return undefined
}

/** RFC 4648, section 4; as Go's yaml.v2, the bytes are text. */
function textOfBase64(held: string, onError: (message: string) => void): string {
  const written = held.replace(/\s/g, '')
  const bytes = Buffer.from(written, 'base64')
  try {
    if (bytes.toString('base64') === written) return decodeText(bytes)
  } catch {
    // Reported below.
  }
  onError('!!binary is not the base64 of a text; write the text itself')
  return ''
}
