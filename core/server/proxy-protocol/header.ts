// A header of the PROXY protocol, with which a proxy says whose a connection is: version 1 (a line of text) and 2 (binary).
// Source: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt, sections 2.1 and 2.2
import { isIPv4, isIPv6 } from 'node:net'
import { readAddress } from '../../request/client-address.ts'
import type { Source } from '../../work/announced.ts'
import { crc32c } from './crc32c.ts'

/** What the first bytes of a connection are. */
export type Reading =
  /** The beginning of a header: it takes more bytes to say. */
  | { readonly is: 'begun' }
  | { readonly is: 'no header' }
  | { readonly is: 'broken'; readonly why: string }
  /** A header of `length` bytes. Without a source, the connection is the proxy's own, such as a check. */
  | { readonly is: 'header'; readonly length: number; readonly source: Source | undefined }

const BEGUN: Reading = { is: 'begun' }
const V1 = Buffer.from('PROXY ')
/** The longest line that the specification allows, with its end. */
const V1_MOST = 107
const V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n')
const V2_HEAD = 16
/** Of a header of version 2. Real ones hold names and identifiers, and a client's certificate at the most. */
export const V2_MOST = 16 * 1024

/**
 * Reads the header at the beginning of a connection.
 *
 * @param bytes all that has come so far, one at least
 * @example readHeader(Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n')).source // { address: '192.0.2.1', port: 50000 }
 */
export function readHeader(bytes: Buffer): Reading {
  if (isBegun(bytes, V1)) return bytes.length < V1.length ? BEGUN : readLine(bytes)
  if (isBegun(bytes, V2)) return bytes.length < V2_HEAD ? BEGUN : readBinary(bytes)
  return { is: 'no header' }
}

/** Whether the bytes begin with a mark, or are the beginning of it. */
function isBegun(bytes: Buffer, mark: Buffer): boolean {
  const length = Math.min(bytes.length, mark.length)
  return bytes.compare(mark, 0, length, 0, length) === 0
}

const PORT = '(0|[1-9]\\d{0,4})'
const LINE = new RegExp(`^PROXY (TCP4|TCP6) ([\\da-fA-F.:]+) ([\\da-fA-F.:]+) ${PORT} ${PORT}$`)
const MAX_PORT = 65_535

function readLine(bytes: Buffer): Reading {
  const text = bytes.toString('latin1', 0, V1_MOST)
  const end = text.indexOf('\r\n')
  if (end === -1)
    return bytes.length < V1_MOST ? BEGUN : broken(`its line has no end within ${V1_MOST} bytes`)
  const line = text.slice(0, end)
  const length = end + 2
  // What stands behind UNKNOWN is to be ignored.
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { is: 'header', length, source: undefined }
  const [, family, from = '', to = '', port, other] = LINE.exec(line) ?? []
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6
  if (family === undefined || !isAddress(from) || !isAddress(to))
    return broken('its line is not PROXY, TCP4 or TCP6, two addresses and two ports')
  if (Number(port) > MAX_PORT || Number(other) > MAX_PORT) return broken('it has a port above 65535')
  return { is: 'header', length, source: { address: readAddress(from)!, port: Number(port) } }
}

/** The command: the connection is the proxy's own, or somebody's. */
const [LOCAL, PROXY] = [0, 1]
/** The length of two addresses with their ports, by the family of addresses: none, IPv4, IPv6, unix sockets. */
const ADDRESSES = [0, 12, 36, 216]
/** The transport: none, a stream, datagrams (of a client of HTTP/3). */
const MOST_TRANSPORT = 2

function readBinary(bytes: Buffer): Reading {
  const [version, command] = halves(bytes[12]!)
  const [family, transport] = halves(bytes[13]!)
  const length = V2_HEAD + bytes.readUInt16BE(14)
  if (version !== 2) return broken(`its version is ${version}, and 1 and 2 are known`)
  if (command !== LOCAL && command !== PROXY) return broken('its command is neither LOCAL nor PROXY')
  if (length > V2_MOST) return broken(`it has ${length} bytes, and at most ${V2_MOST} are read`)
  if (bytes.length < length) return BEGUN
  const header = bytes.subarray(0, length)
  // Of a connection of its own, a proxy may say what it likes.
  if (command === LOCAL) return { is: 'header', length, source: undefined }
  const addresses = ADDRESSES[family]
  if (addresses === undefined || transport > MOST_TRANSPORT)
    return broken('its family of addresses is unknown')
  if (length < V2_HEAD + addresses) return broken('it is too short for its addresses')
  const why = whyBroken(header, V2_HEAD + addresses)
  return why === undefined ? { is: 'header', length, source: sourceOf(header, family) } : broken(why)
}

function halves(byte: number): [high: number, low: number] {
  return [byte >> 4, byte & 0xf]
}

/** Of a client on a unix socket, or of another protocol, nothing is known. */
function sourceOf(header: Buffer, family: number): Source | undefined {
  const size = family === 1 ? 4 : 16
  if (family !== 1 && family !== 2) return undefined
  const address = header.subarray(V2_HEAD, V2_HEAD + size)
  const text =
    family === 1
      ? address.join('.')
      : [0, 2, 4, 6, 8, 10, 12, 14].map((at) => address.readUInt16BE(at).toString(16)).join(':')
  return { address: readAddress(text)!, port: header.readUInt16BE(V2_HEAD + 2 * size) }
}

/** The type of the entry with the checksum of the whole header, in which itself counts as zeros. */
const CRC32C = 0x03

/** What is wrong with the entries (type, length, value) behind the addresses, of which only the checksum counts here. */
function whyBroken(header: Buffer, start: number): string | undefined {
  for (let at = start; at < header.length; ) {
    if (at + 3 > header.length) return 'its last entry is cut off'
    const end = at + 3 + header.readUInt16BE(at + 1)
    if (end > header.length) return 'its last entry is cut off'
    if (header[at] === CRC32C && !isRightChecksum(header, at + 3, end)) return 'its checksum is wrong'
    at = end
  }
  return undefined
}

function isRightChecksum(header: Buffer, start: number, end: number): boolean {
  if (end - start !== 4) return false
  return crc32c(Buffer.from(header).fill(0, start, end)) === header.readUInt32BE(start)
}

function broken(why: string): Reading {
  return { is: 'broken', why }
}
