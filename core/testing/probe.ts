// One case of a suite, as a call on an instance.
import type { Subject } from './subject.ts'

/** One case: a call, and what must come of it. */
export interface Probe {
  readonly name: string
  /** The bare call. */
  call(subject: Subject, signal?: AbortSignal): Promise<unknown>
  /** Makes the call and checks its answer. */
  check(subject: Subject): Promise<void>
  /** Further behaviour that starts from this case. */
  readonly more?: readonly { readonly name: string; check(subject: Subject): Promise<void> }[]
}
