// Certificates that nobody is given, and names for which there is none: what works, but can hardly be meant so.
import { isIP } from 'node:net'
import type { ListenPlan } from '../config/native/listeners.ts'
import { hostNames, isForHost, type ServedTls } from './certificate-choice.ts'

/**
 * What is doubtful about several certificates.
 *
 * @param places their paths in the configuration, in the same order
 */
export function certificateDoubts(certs: readonly string[], places: readonly string[]): string[] {
  const taken = new Set(hostNames(certs[0]!))
  return certs.slice(1).flatMap((cert, index) => {
    const names = hostNames(cert)
    const place = places[index + 1]
    if (names.length === 0) return `${place}: has no host name, so that no client is given it; remove it`
    const own = names.filter((name) => !taken.has(name))
    for (const name of own) taken.add(name)
    return own.length > 0
      ? []
      : `${place}: no client is given it, since one before it has the same names (${names.join(', ')}); remove one of the two`
  })
}

/** What is doubtful about the host name of an address: clients that come by it are shown another. */
export function hostDoubt({ listen }: ListenPlan, { cert, others = [] }: ServedTls): string | undefined {
  const host = 'port' in listen ? listen.host : undefined
  if (host === undefined || isIP(host) !== 0 || host === 'localhost') return undefined
  if ([cert as string, ...others.map((other) => other.cert)].some((one) => isForHost(one, host)))
    return undefined
  return `no certificate is for ${host}, so that clients which come by this name refuse to connect; get one that has it`
}
