// One question to a plugin whose request is traced: it is asked to explain, and what it says is handed on without secrets.
import { type Explained, Unanswered } from '../contract/explain.ts'
import { deepFreeze, frozenTexts } from '../contract/frozen.ts'
import type { MaybePromise } from '../contract/maybe-promise.ts'
import { maskTokens } from '../kit/masking.ts'
import { secretsFor } from '../kit/request-secrets.ts'
import { kindOf, messageOf } from '../kit/thrown.ts'
import type { JsonValue, RequestScope, ResourceRequest } from '../plugin.ts'
import type { RequestContext } from './context.ts'
import type { Instance } from './instance.ts'
import type { Stage } from './shared.ts'
import type { Asked, Said, TraceSink, TraceStep } from './trace.ts'

const MOST_SENTENCES = 200
const LONGEST_SENTENCE = 1_000
const MOST_FACTS = 64 * 1024

/** One question to a plugin, for the trace. */
export class TracedCall {
  readonly #sink: TraceSink
  readonly #about: Pick<TraceStep, 'kind' | 'id' | 'plugin' | 'asked' | 'resource'>
  #why: readonly string[] = []
  #facts: JsonValue | undefined

  constructor(sink: TraceSink, { kind, id, plugin }: Instance, asked: Asked, resource?: ResourceRequest) {
    this.#sink = sink
    this.#about = { kind, id, plugin, asked, ...(resource && { resource }) }
  }

  /**
   * Asks for an explanation, and takes it apart.
   *
   * @returns the answer in it
   * @throws what the plugin throws; Error when it is no explanation
   */
  async explain<T>(ask: () => MaybePromise<Explained<T>>): Promise<T> {
    let given: Explained<T>
    try {
      given = await ask()
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      this.#why = sentences(error.why)
      throw error.cause
    }
    const told = (what: string) =>
      new Error(`explain returned ${what}; return { outcome, why: ['...'] }, or what explained() makes`)
    if (typeof given !== 'object' || given === null) throw told(kindOf(given))
    const { outcome, why, facts } = given
    const texts = frozenTexts(why)
    if (!texts) throw told('a why that is no list of sentences')
    this.#why = sentences(texts)
    this.#facts = facts === undefined ? undefined : readFacts(facts)
    return outcome
  }

  /** What the plugin said. */
  said(said: Said): void {
    const { reason, rule } = said
    this.#sink(
      deepFreeze({
        ...this.#about,
        ...said,
        ...(reason !== undefined && { reason: shown(reason) }),
        ...(rule !== undefined && { rule: shown(rule) }),
        why: this.#why,
        ...(this.#facts !== undefined && { facts: this.#facts }),
      }),
    )
  }

  /** It could not be asked. */
  failed(error: unknown): void {
    this.said({ outcome: 'unavailable', reason: messageOf(error) })
  }
}

/**
 * Begins a question to a plugin.
 *
 * @returns undefined when nobody traces the request
 */
export function traceCall(
  { trace }: RequestContext,
  instance: Instance,
  asked: Asked,
  resource?: ResourceRequest,
): TracedCall | undefined {
  return trace && new TracedCall(trace, instance, asked, resource)
}

/**
 * Asks a plugin. Who traces the request asks for an explanation instead, where the plugin has one: it holds the same answer.
 *
 * @param call undefined when nobody traces the request
 * @param explain undefined when the plugin can't
 * @returns rejects as `context.call` does
 */
export function callTraced<T>(
  context: RequestContext,
  instance: Instance,
  call: TracedCall | undefined,
  ask: (scope: RequestScope) => MaybePromise<T>,
  explain: ((scope: RequestScope) => Promise<Explained<T>>) | undefined,
  stage?: Stage,
): MaybePromise<T> {
  if (!call || !explain) return context.call(instance, ask, stage)
  return call.explain(() => context.call(instance, explain, stage))
}

function sentences(why: readonly string[]): string[] {
  const kept = why.slice(0, MOST_SENTENCES).map(shown)
  return why.length > kept.length
    ? [...kept, `${why.length - kept.length} more sentences are left out`]
    : kept
}

/** As others may see it. */
function shown(text: string): string {
  const short = text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)}...` : text
  return maskTokens(secretsFor(short)?.mask(short) ?? short)
}

function readFacts(facts: JsonValue): JsonValue {
  const text = JSON.stringify(facts)
  if (text === undefined || text.length > MOST_FACTS)
    return { left_out: `they are more than ${MOST_FACTS} characters` }
  return JSON.parse(text, (_, value) => (typeof value === 'string' ? shown(value) : value))
}
