// Bytes of a file as text: nothing in it may become another character unnoticed, least of all in a secret or a name.
import { isUtf8 } from 'node:buffer'

/** Why bytes are no text, and where. Lines and columns start at 1. */
export class NotText extends Error {
  readonly line: number
  readonly column: number

  constructor(place: { readonly line: number; readonly column: number }, message: string) {
    super(message)
    this.name = 'NotText'
    this.line = place.line
    this.column = place.column
  }
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

const MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/**
 * Reads UTF-8, or UTF-16 with a byte order mark, which is no part of the text.
 *
 * @throws NotText that names the first byte which is neither
 */
export function decodeText(bytes: Uint8Array): string {
  const [encoding, mark] = MARKS.find(([, begin]) => begin.every((byte, at) => bytes[at] === byte)) ?? [
    'utf-8' as const,
    [],
  ]
  const content = bytes.subarray(mark.length)
  if (encoding === 'utf-8') {
    if (content.length > 1 && (content[0] === 0 || content[1] === 0)) {
      const message = 'is UTF-16 without a byte order mark, or no text; save it as UTF-8'
      throw new NotText({ line: 1, column: 1 }, message)
    }
    if (isUtf8(content)) return Buffer.from(content.buffer, content.byteOffset, content.length).toString()
  }
  const text = decodable(content, content.length, encoding)
  if (text !== undefined && sizeOf(text, encoding) === content.length) return text
  const before = text ?? soundStart(content, encoding)
  const offset = mark.length + sizeOf(before, encoding)
  const name = encoding.slice(0, 6).toUpperCase()
  throw new NotText(
    endOf(before),
    `the byte at offset ${offset} is not ${name}; save the file as UTF-8, or correct this character`,
  )
}

/** The place behind a text, as editors and the YAML parser count. */
export function endOf(text: string): { line: number; column: number } {
  const lineStart = text.lastIndexOf('\n') + 1
  return { line: text.split('\n').length, column: text.length - lineStart + 1 }
}

/** The whole characters in the first `length` bytes; undefined when something else stands among them. */
function decodable(bytes: Uint8Array, length: number, encoding: Encoding): string | undefined {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
    return decoder.decode(bytes.subarray(0, length), { stream: true })
  } catch {
    return undefined
  }
}

/** All that stands before the first fault: found by halving, since a decoder does not say where it stopped. */
function soundStart(bytes: Uint8Array, encoding: Encoding): string {
  let sound = 0
  let faulty = bytes.length
  while (faulty - sound > 1) {
    const middle = (sound + faulty) >> 1
    if (decodable(bytes, middle, encoding) === undefined) faulty = middle
    else sound = middle
  }
  return decodable(bytes, sound, encoding)!
}

function sizeOf(text: string, encoding: Encoding): number {
  return encoding === 'utf-8' ? Buffer.byteLength(text) : text.length * 2
}
