// What a TLS 1.2 client says before it proves to hold its key: enough for a server to judge its certificate.
//
// There is no more of the protocol than one server of ours (client-verdict.ts) needs to come that far.

/** The one suite of these clients, in OpenSSL's words: any would do. */
export const FLIGHT_SUITE = 'ECDHE-ECDSA-AES128-GCM-SHA256'

const SUITE = 0xc02b
const P256 = 23
const ECDSA_P256_SHA256 = 0x0403
const VERSION = 0x0303
/** The most bytes in a record (RFC 5246, 6.2.1). */
const MOST_IN_RECORD = 16_384
const HANDSHAKE_RECORD = 22
const RANDOM_BYTES = 32

const CLIENT_HELLO = 1
const CERTIFICATE = 11
const SUPPORTED_GROUPS = 10
const SIGNATURE_ALGORITHMS = 13

/** Anything secret would be wasted: these clients go no further. */
const HELLO = message(CLIENT_HELLO, [
  number(2, VERSION),
  Buffer.alloc(RANDOM_BYTES),
  counted(1),
  counted(2, number(2, SUITE)),
  // No compression.
  counted(1, number(1, 0)),
  counted(
    2,
    extension(SUPPORTED_GROUPS, counted(2, number(2, P256))),
    extension(SIGNATURE_ALGORITHMS, counted(2, number(2, ECDSA_P256_SHA256))),
  ),
])

/**
 * ClientHello and Certificate (RFC 5246, 7.4), which do not depend on what the server says.
 *
 * @param certificate in DER
 */
export function clientFlight(certificate: Buffer): Buffer {
  const chain = message(CERTIFICATE, [counted(3, counted(3, certificate))])
  return Buffer.concat([HELLO, chain].flatMap(records))
}

function records(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / MOST_IN_RECORD)
  return Array.from({ length: count }, (_, index) => {
    const part = bytes.subarray(index * MOST_IN_RECORD, (index + 1) * MOST_IN_RECORD)
    return Buffer.concat([number(1, HANDSHAKE_RECORD), number(2, VERSION), counted(2, part)])
  })
}

function message(type: number, parts: readonly Buffer[]): Buffer {
  return Buffer.concat([number(1, type), counted(3, ...parts)])
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([number(2, type), counted(2, content)])
}

/** Some bytes behind their count, which takes `width` bytes. */
function counted(width: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([number(width, content.length), content])
}

function number(width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width)
  bytes.writeUIntBE(value, 0, width)
  return bytes
}
