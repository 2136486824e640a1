// What a request's trace learns: every plugin that was asked, what it said, and why. Requests of clients have no trace.
import type { JsonValue, Labels, PluginKind, ResourceRequest } from '../plugin.ts'

/** What a plugin was asked. */
export type Asked = 'authenticate' | 'refresh' | 'label' | 'authorize'

/** What a plugin said, as the pipeline took it. */
export interface Said {
  readonly outcome: 'accept' | 'reject' | 'pass' | 'labels' | 'grant' | 'deny' | 'unavailable'
  /** Of an accept: who it is. */
  readonly account?: string
  /** Of an accept and of a labeler: those that it gave. */
  readonly labels?: Labels
  /** Of a reject; of what is unavailable: what is wrong. */
  readonly reason?: string
  /** Of a grant: those of the requested actions. */
  readonly actions?: readonly string[]
  /** Of a grant and a denial: what decided. */
  readonly rule?: string | undefined
}

/** One plugin that was asked, once. */
export interface TraceStep extends Said {
  readonly kind: PluginKind
  readonly id: string
  readonly plugin: string
  readonly asked: Asked
  /** What an authorizer was asked about. */
  readonly resource?: ResourceRequest | undefined
  /** Sentences; none of a plugin that can't explain. */
  readonly why: readonly string[]
  readonly facts?: JsonValue | undefined
}

/** Learns each step of a request, in the order in which they end. */
export type TraceSink = (step: TraceStep) => void
