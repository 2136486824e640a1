// What the plugins of this folder hand to each other. A token is its name: whoever writes the same name means the same.
import { createToken } from 'dockwarden/plugin'

/** Somebody of the staff. */
export interface Person {
  readonly name: string
  readonly team: string
  /** Names of repositories. */
  readonly owns: readonly string[]
}

/** Who is on the staff. */
export interface Staff {
  find(name: string): Person | undefined
}

/** What an instance hands to others, once. */
export const STAFF = createToken<Staff>('example/staff')
/** Whoever was accepted, in each request. */
export const PERSON = createToken<Person>('example/person')
