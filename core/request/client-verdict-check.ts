// Whether verdicts on client certificates can be had at all: they are read through a private field of Node, which any version may
// rename, or fill with something else.
import { X509Certificate } from 'node:crypto'
import { withDeadline } from '../kit/deadline.ts'
import { createClientVerdict } from './client-verdict.ts'

const DEADLINE_MS = 5_000

/**
 * Judges a certificate of which the verdict is known: by the authority that issued it, and by another one of the same name.
 *
 * @returns why this version of Node can't tell; undefined when it can
 */
export async function verdictFault(): Promise<string | undefined> {
  const { createSigningCa, issueSigningLeaf } = await import('../x509/certificates.ts')
  const now = Date.now()
  const [issuer, other] = await Promise.all([createSigningCa(now), createSigningCa(now)])
  const certificate = new X509Certificate((await issueSigningLeaf(issuer, now)).certificate)
  const by = (ca: string) =>
    withDeadline(createClientVerdict({ ca: [ca] })(certificate), DEADLINE_MS, 'no verdict')
  try {
    const [own, foreign] = await Promise.all([by(issuer.certificate), by(other.certificate)])
    if (own === undefined && foreign !== undefined) return undefined
  } catch {
    // It asks for what is not there.
  }
  return `Node ${process.version} does not tell Dockwarden the verdict on certificates that proxies pass on`
}
