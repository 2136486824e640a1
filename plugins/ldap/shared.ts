// What instances of ldap share: a directory with the way in which accounts are found there, and the entry that was found for whoever
// was accepted. The names are also for plugins of others, which make the same tokens.
import { createToken } from '../../core/plugin.ts'
import type { Directory } from './directory.ts'
import { type Entry, valuesOf } from './entry.ts'
import type { LookupOptions } from './options.ts'

/** How an account's entry is found. */
export type Finding = Pick<LookupOptions, 'base' | 'filter' | 'disabled'>

/** The entry of an account that was accepted, as it is handed on in the request. */
export interface AccountEntry {
  /** As it was accepted. */
  readonly account: string
  readonly dn: string
  /** By name, in lower case: what was asked for. An attribute without values is there, too. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

/** A directory, and what those who share it know of each other. */
export class SharedDirectory {
  readonly directory: Directory
  readonly finding: Finding
  readonly #wanted = new Set<string>()
  readonly #found = new WeakSet<AccountEntry>()

  constructor(directory: Directory, finding: Finding) {
    this.directory = directory
    this.finding = finding
  }

  /** What is to be read with an entry for others. */
  get wanted(): readonly string[] {
    return [...this.#wanted]
  }

  /** Asks for attributes in the entries that are found from now on. */
  want(attributes: readonly string[]): void {
    for (const name of attributes) this.#wanted.add(name.toLowerCase())
  }

  /** Whether an account is found here as somebody else finds it: the entry is the same then. */
  findsAs({ base, filter, disabled }: Finding): boolean {
    const { finding } = this
    return (
      base.source === finding.base.source &&
      filter.source === finding.filter.source &&
      disabled?.source === finding.disabled?.source
    )
  }

  /** Makes what is handed on of an entry that was found here. @param attributes their names */
  handOn(account: string, entry: Entry, attributes: readonly string[]): AccountEntry {
    const names = new Set(attributes.map((name) => name.toLowerCase()))
    const found: AccountEntry = {
      account,
      dn: entry.dn,
      attributes: Object.fromEntries(Array.from(names, (name) => [name, valuesOf(entry, name)])),
    }
    this.#found.add(found)
    return found
  }

  /** What was handed on, if it was found here for this account, and tells all of these attributes. */
  known(found: AccountEntry | undefined, account: string, attributes: readonly string[]): Entry | undefined {
    if (!found || !this.#found.has(found) || found.account !== account) return undefined
    const { dn } = found
    const told = new Map(Object.entries(found.attributes))
    return attributes.every((name) => told.has(name.toLowerCase())) ? { dn, attributes: told } : undefined
  }
}

/** Where accounts are looked up: an instance provides it in `create`. */
export const DIRECTORY = createToken<SharedDirectory>('ldap/directory')

/** The entry of whoever was accepted: in a request. */
export const ENTRY = createToken<AccountEntry>('ldap/entry')
