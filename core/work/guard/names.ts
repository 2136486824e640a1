// What counters are named by: accounts as loosely as any backend compares them, and pairs of account and network.

/**
 * One spelling for all that a backend may take for one name: LDAP and many databases ignore case, accents, width and double
 * spaces. Accounts that only share a spelling share the tries of a network, no more.
 *
 * @example folded('ANN  Müller') // 'ann muller'
 */
export function folded(account: string): string {
  if (FOLDED.test(account)) return account
  return account
    .toWellFormed()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim()
}

/** Printable ASCII without capitals and spaces. */
const FOLDED = /^[!-@[-~]*$/

/** What no encoding changes. */
const PLAIN = /^[\w.-]*$/

/** A name as a part of a key: without colons. */
export function part(name: string): string {
  return PLAIN.test(name) ? name : encodeURIComponent(name)
}

/** What counters are named by, each as a part of a key. */
export interface Names {
  readonly account: string
  readonly network: string
  /** Both: `ann:2001%3Adb8%3A0%3A0`. */
  readonly pair: string
}

/** @example namesFor('Ann', '2001:db8:0:0').pair // 'ann:2001%3Adb8%3A0%3A0' */
export function namesFor(account: string, network: string): Names {
  const names = { account: part(folded(account)), network: part(network) }
  return { ...names, pair: `${names.account}:${names.network}` }
}

/** The account and the network of a pair's key, or of one that begins with it. */
export function namesOf(pair: string): { account: string; network: string } {
  const [account = '', network = ''] = pair.split(':').map(decodeURIComponent)
  return { account, network }
}
