// Headers of the PROXY protocol, as proxies write them.
import { crc32c } from '../../core/server/proxy-protocol/crc32c.ts'

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n')

/** The parts of a header of version 2; what is left out is that of a client over TCP and IPv4. */
export interface V2Parts {
  /** Version and command. */
  readonly command?: number
  /** Family of addresses, and transport. */
  readonly family?: number
  /** The addresses and ports. */
  readonly addresses?: Uint8Array
  /** What stands behind them: type and value. */
  readonly entries?: readonly (readonly [type: number, value: Uint8Array])[]
  /** With a checksum behind them. */
  readonly checksum?: boolean
  /** In the place of the right one. */
  readonly length?: number
}

/** A header of version 2. */
export function v2({
  command = 0x21,
  family = 0x11,
  addresses = inet('198.51.100.7', 50_000),
  entries = [],
  checksum = false,
  length,
}: V2Parts = {}): Buffer {
  const all = checksum ? [...entries, [0x03, Buffer.alloc(4)] as const] : entries
  const behind = Buffer.concat([
    addresses,
    ...all.flatMap(([type, value]) => [head(type, value.length), value]),
  ])
  const whole = Buffer.concat([SIGNATURE, Buffer.from([command, family, 0, 0]), behind])
  whole.writeUInt16BE(length ?? behind.length, 14)
  if (checksum) whole.writeUInt32BE(crc32c(whole), whole.length - 4)
  return whole
}

function head(type: number, length: number): Buffer {
  return Buffer.from([type, length >> 8, length & 0xff])
}

/** Addresses and ports of IPv4. */
export function inet(from: string, port: number, to = '192.0.2.1'): Buffer {
  return Buffer.from(
    [...from.split('.'), ...to.split('.')].map(Number).concat([port >> 8, port & 0xff, 1, 187]),
  )
}

/** Addresses and ports of IPv6. @param from sixteen bytes */
export function inet6(from: Uint8Array, port: number): Buffer {
  return Buffer.concat([from, Buffer.alloc(16, 0xfd), Buffer.from([port >> 8, port & 0xff, 1, 187])])
}
