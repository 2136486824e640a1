// Takes a document of ours apart, to compare how two are built.

const TAG = /<(!?\/?[a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/gi
const ATTRIBUTE = /\s+([a-z-]+)(?:="[^"]*")?/gi
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
])

/**
 * The tags with the names of their attributes, in order, without texts and values. What is left of an angle bracket outside
 * of a tag stays in it, so that a document with one never looks like a whole one.
 */
export function skeleton(document: string): string[] {
  const tags = [...document.matchAll(TAG)].map(([, name, attributes]) =>
    [name, ...[...attributes!.matchAll(ATTRIBUTE)].map(([, attribute]) => attribute)].join(' '),
  )
  const rest = document.replaceAll(/<(style|script)>[^<]*<\/\1>/g, '').replaceAll(TAG, '')
  return [...tags, ...rest.replaceAll(/[^<>"]/g, '')]
}

/** The text that a browser shows for an escaped one. */
export function unescaped(escaped: string): string {
  return escaped.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES.get(entity)!)
}

/** Pieces that mean something to a parser of HTML, a script or a shell. */
export const HOSTILE_PIECES = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</textarea>',
  '</title>',
  '<!--',
  '-->',
  ']]>',
  '"',
  "'",
  '"><b>',
  "' onclick='alert(1)",
  '&',
  '&lt;',
  '&#60;',
  '\\',
  '`',
  '$(id)',
  '\n',
  '\t',
  ' ',
  'javascript:alert(1)',
  'a',
  'é',
  '\u202e',
]
