// PEM files (RFC 7468): the blocks in them, and the one certificate chain or private key that a file should hold.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

interface Block {
  /** What stands between BEGIN and the dashes, such as `CERTIFICATE`. */
  readonly label: string
  /** The whole block with its two border lines. */
  readonly text: string
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*(?:-(?!----)[^-]*)*-----END \1-----/g

function blocks(text: string): Block[] {
  return Array.from(text.matchAll(BLOCK), ([block, label]) => ({ label: label!, text: block }))
}

const isPrivateKey = ({ label }: Block) => label.endsWith('PRIVATE KEY')
const isCertificate = ({ label }: Block) => label === 'CERTIFICATE'

/** What a file holds, for an error message. */
function contents(found: readonly Block[]): string {
  if (found.length === 0) return 'it is not PEM text (no line "-----BEGIN ...-----")'
  return `it holds ${found.map(({ label }) => label).join(', ')}`
}

/**
 * Reads the certificates of a PEM file, in the file's order; other blocks are ignored.
 *
 * @param text the file's text
 * @param source what to call the file in an error, such as `token.keys[0].certificate`
 * @throws Error when there is none, or one can't be parsed
 */
export function readCertificates(text: string, source: string): X509Certificate[] {
  const found = blocks(text)
  const certificates = found.filter(isCertificate)
  if (certificates.length === 0) {
    const swapped = found.some(isPrivateKey) ? '; are certificate and key swapped?' : ''
    throw new Error(`${source}: there is no certificate: ${contents(found)}${swapped}`)
  }
  return certificates.map((block, index) => {
    try {
      return new X509Certificate(block.text)
    } catch {
      throw new Error(`${source}: certificate ${index + 1} is damaged; take a fresh copy of the file`)
    }
  })
}

/**
 * Finds the certificate revocation lists of a PEM file, in the file's order; other blocks are ignored.
 *
 * @param text the file's text
 * @param source what to call the file in an error, such as `server.client_crl`
 * @returns the PEM text of each
 * @throws Error when there is none
 */
export function readRevocationLists(text: string, source: string): string[] {
  const found = blocks(text)
  const lists = found.filter(({ label }) => label === 'X509 CRL')
  if (lists.length > 0) return lists.map((list) => list.text)
  throw new Error(
    `${source}: there is no revocation list: ${contents(found)}; convert a binary one with "openssl crl -inform DER -in FILE -out NEW"`,
  )
}

/**
 * Reads the private key of a PEM file: PKCS#8, PKCS#1 or SEC1. Other blocks, such as `EC PARAMETERS`, are ignored, and
 * so is any key after the first.
 *
 * @param text the file's text
 * @param source what to call the file in an error, such as `token.keys[0].key`
 * @throws Error when there is none, it is encrypted, in OpenSSH's form, or can't be parsed; the text of the file never
 *   gets into the message
 */
export function readPrivateKey(text: string, source: string): KeyObject {
  const found = blocks(text)
  const block = found.find(isPrivateKey)
  if (!block) {
    const swapped = found.some(isCertificate) ? '; are certificate and key swapped?' : ''
    throw new Error(`${source}: there is no private key: ${contents(found)}${swapped}`)
  }
  if (block.label === 'ENCRYPTED PRIVATE KEY' || block.text.includes('Proc-Type: 4,ENCRYPTED')) {
    throw new Error(
      `${source}: the private key is encrypted; write it without a passphrase ("openssl pkey -in FILE -out NEW") and protect the file by its mode`,
    )
  }
  if (block.label === 'OPENSSH PRIVATE KEY') {
    throw new Error(
      `${source}: the private key is in OpenSSH's own form; convert a copy with "ssh-keygen -p -m PKCS8 -f COPY"`,
    )
  }
  try {
    return createPrivateKey(block.text)
  } catch {
    throw new Error(
      `${source}: the private key is damaged or of an unknown type; take a fresh copy of the file`,
    )
  }
}
