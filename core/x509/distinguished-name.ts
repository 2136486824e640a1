// Whether two distinguished names are the same one, as OpenSSL sees it.
import { elements, only, TAG } from './der.ts'

/** How the kinds of texts in a name are encoded, by tag. A value of another kind is compared byte by byte. */
const TEXTS: ReadonlyMap<number, (content: Buffer) => string> = new Map([
  [0x0c, (content) => content.toString('utf8')], // UTF8String
  [0x13, latin1], // PrintableString
  [0x14, latin1], // T61String
  [0x16, latin1], // IA5String
  [0x1a, latin1], // VisibleString
  [0x1c, (content) => fixedWidth(content, 4)], // UniversalString
  [0x1e, (content) => fixedWidth(content, 2)], // BMPString
])

/**
 * A text that is the same for names that are the same: the kind of a string, upper and lower case of ASCII, and how much white
 * space there is do not matter.
 *
 * @param name a Name (RFC 5280, 4.1.2.4) in DER
 * @throws Error when it is none
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-7.1
 */
export function canonicalName(name: Buffer): string {
  const parts = Array.from(elements(only(name, TAG.sequence).content), ({ content }) => {
    return Array.from(elements(content), canonicalAttribute).sort()
  })
  return JSON.stringify(parts)
}

function canonicalAttribute({ content }: { readonly content: Buffer }): string {
  const [type, value] = elements(content)
  if (!type || !value) throw new Error('not the expected DER: an attribute without a value')
  const text = TEXTS.get(value.tag)?.(value.content)
  return `${type.content.toString('hex')}=${text === undefined ? value.raw.toString('hex') : `"${simplified(text)}`}`
}

const WHITE = '[ \\t\\n\\v\\f\\r]+'
const OUTER_WHITE = new RegExp(`^${WHITE}|${WHITE}$`, 'g')
const INNER_WHITE = new RegExp(WHITE, 'g')

function simplified(text: string): string {
  return text
    .replace(OUTER_WHITE, '')
    .replace(INNER_WHITE, ' ')
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function latin1(content: Buffer): string {
  return content.toString('latin1')
}

/** Big-endian code points, each of two or four bytes. */
function fixedWidth(content: Buffer, width: 2 | 4): string {
  const points = Array.from({ length: content.length / width }, (_, index) =>
    content.readUIntBE(index * width, width),
  )
  return String.fromCodePoint(...points)
}
