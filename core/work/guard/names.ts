// What counters are named by: accounts as loosely as any backend compares them, and pairs of account and network.

/**
 * One spelling for all that a backend may take for one name: LDAP and many databases ignore case, accents, width and double
 * spaces. Accounts that only share a spelling share the tries of a network, no more.
 *
 * @example folded('ANN  Müller') // 'ann muller'
 */
export function folded(account: string): string {
  return account
    .toWellFormed()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim()
}

/** A name as a part of a key: without colons. */
export function part(name: string): string {
  return encodeURIComponent(name)
}

/** @example pairOf('ann', '2001:db8:0:0') // 'ann:2001%3Adb8%3A0%3A0' */
export function pairOf(account: string, network: string): string {
  return `${part(folded(account))}:${part(network)}`
}

/** The account and the network of a pair's key, or of one that begins with it. */
export function namesOf(pair: string): { account: string; network: string } {
  const [account = '', network = ''] = pair.split(':').map(decodeURIComponent)
  return { account, network }
}
