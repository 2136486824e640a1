// DER (X.690) as far as revocation lists and the names in certificates need it: elements one after the other, and what they hold.

/** One element. All of it are views into the bytes that it was read from. */
export interface Element {
  /** The identifier byte: class, whether it holds elements, and number. */
  readonly tag: number
  readonly content: Buffer
  /** Tag and length, too. */
  readonly raw: Buffer
}

/** Identifier bytes. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  /** The explicit tag with a number below 31. */
  explicit: (number: number) => 0xa0 + number,
} as const

const LONG_TAG = 0x1f
/** No file is larger than four bytes can say. */
const MAX_LENGTH_BYTES = 4

/**
 * The elements that stand one after the other in some bytes; nothing else may stand there.
 *
 * @throws Error when the bytes are no DER
 */
export function* elements(bytes: Buffer): Generator<Element, undefined> {
  let at = 0
  while (at < bytes.length) {
    const element = elementAt(bytes, at)
    at += element.raw.length
    yield element
  }
}

/**
 * The one element in some bytes.
 *
 * @throws Error when it is not of this tag, or not the only one
 */
export function only(bytes: Buffer, tag: number): Element {
  const element = elementAt(bytes, 0)
  if (element.tag !== tag || element.raw.length !== bytes.length) throw new Error('not the expected DER')
  return element
}

function elementAt(bytes: Buffer, start: number): Element {
  const tag = byteAt(bytes, start)
  if ((tag & LONG_TAG) === LONG_TAG) throw new Error('not the expected DER: a long tag')
  let at = start + 2
  let length = byteAt(bytes, start + 1)
  if (length > 127) {
    const size = length - 128
    if (size === 0 || size > MAX_LENGTH_BYTES) throw new Error('not DER: a length of no definite form')
    if (at + size > bytes.length) throw new Error('not DER: it ends too early')
    length = bytes.readUIntBE(at, size)
    at += size
  }
  const end = at + length
  if (end > bytes.length) throw new Error('not DER: it ends too early')
  return { tag, content: bytes.subarray(at, end), raw: bytes.subarray(start, end) }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new Error('not DER: it ends too early')
  return byte
}

/**
 * A time as certificates and lists have it (RFC 5280, 4.1.2.5): in UTC, with seconds.
 *
 * @throws Error when it has another form
 * @example timeOf({ tag: TAG.utcTime, content: Buffer.from('300102030405Z'), ... }) // 2030-01-02T03:04:05Z
 */
export function timeOf({ tag, content }: Element): Date {
  const text = content.toString('latin1')
  const century = tag === TAG.utcTime ? (text < '50' ? '20' : '19') : ''
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text)
  const [, year, month, day, hour, minute, second] = found ?? []
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (!isTime({ tag }) || Number.isNaN(time.getTime())) throw new Error('not the expected DER: no time')
  return time
}

/** Whether an element may be a time. */
export function isTime({ tag }: Pick<Element, 'tag'>): boolean {
  return tag === TAG.utcTime || tag === TAG.generalizedTime
}
