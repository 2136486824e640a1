// What plugins keep (`host.store`), as the store sees it: sealed texts, and digests in the place of names.
import type { InjectionToken } from 'tsyringe'

/** One sealed value. */
export interface Entry {
  readonly value: string
  /** Milliseconds since the epoch: from then on it is as if it were not there. */
  readonly end: number
  /** Bytes that it counts for. */
  readonly size: number
}

/** What must be there for a change: anything or nothing, nothing, or this very text. */
export type Expected = 'any' | 'absent' | { readonly value: string }

/** How much one space may hold. */
export interface SpaceBounds {
  readonly entries: number
  readonly bytes: number
}

/** A change of one entry. */
export interface EntryChange {
  /** Whose entries: a text of at most 64 characters, without braces. */
  readonly space: string
  readonly id: string
  readonly entry: Entry
  readonly expected: Expected
  readonly bounds: SpaceBounds
}

/** `differs`: something else was there than what was expected. `full`: the bounds of its space leave no room. */
export type Kept = 'kept' | 'differs' | 'full'

/** In the process container. */
export const ENTRIES: InjectionToken<Entries> = Symbol('entries')

/** The entries of all instances. Every node sees at once what was acknowledged; what has ended goes away by itself. */
export interface Entries {
  /** @returns the text; undefined when there is none, or its end has come */
  get(space: string, id: string): Promise<string | undefined>
  /** Looks and writes in one step. A text that is there already was kept: a call whose answer was lost may be repeated. */
  put(change: EntryChange): Promise<Kept>
  /** Nothing happens when there is none. */
  drop(space: string, id: string): Promise<void>
}
