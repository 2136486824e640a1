// Requests that a rule may be about: its patterns are filled in, the rest is drawn.
import { type Facts, FIELDS, type Field } from '../acl/facts.ts'
import { type CompiledRule, whensOf } from '../acl/rule.ts'
import { insideOf } from './addresses.ts'
import { PatternTexts } from './pattern-text.ts'
import { labelsIn, looksAtTime, type Pools, textsIn } from './pools.ts'
import type { Random } from './random.ts'
import type { RuleList } from './rule-list.ts'

/** Facts that are still being made up. */
type Draft = { -readonly [key in keyof Facts]: Facts[key] } & { labels: Record<string, readonly string[]> }

/** Draws requests for one rule. */
export class Draws {
  readonly rule: CompiledRule
  readonly #fields: readonly (readonly [Field, PatternTexts])[]
  readonly #labels: readonly (readonly [string, PatternTexts])[]
  /** Labels that patterns have placeholders for. */
  readonly #wanted: readonly string[]
  readonly #texts: readonly string[]
  readonly #timed: boolean
  readonly #pools: Pools

  constructor(rule: CompiledRule, list: RuleList, pools: Pools) {
    const { match = {} } = rule.source
    const textsOf = (pattern: string) => new PatternTexts(pattern, rule, list)
    const whens = whensOf(rule.source)
    this.rule = rule
    this.#pools = pools
    // Those that depend on others come behind them.
    this.#fields = FIELDS.flatMap((field) => {
      const pattern = match[field]
      return pattern === undefined ? [] : [[field, textsOf(pattern)] as const]
    }).sort(([, one], [, other]) => Number(one.depends) - Number(other.depends))
    this.#labels = Object.entries(match.labels ?? {}).map(([label, pattern]) => [label, textsOf(pattern)])
    this.#wanted = [...this.#fields.flatMap(([, texts]) => texts.labels), ...whens.flatMap(labelsIn)]
    this.#texts = whens.flatMap(textsIn)
    this.#timed = whens.some(looksAtTime)
  }

  /**
   * Draws a request. It may miss the rule all the same.
   *
   * @param plain whether the rule says nothing of is as usual: then fewer other rules are about it
   */
  draw(random: Random, plain: boolean): Facts {
    const { rule } = this
    const pools = this.#pools
    const draft = plain ? plainDraft() : anyDraft(pools, random)
    if (this.#texts.length > 0) this.#fillFromTexts(draft, random)
    if (this.#timed) Object.assign(draft, timeIn(pools, random))
    for (const label of this.#wanted) {
      const values = [...this.#texts, ...(pools.values.get(label) ?? []), random.pick(pools.words)]
      if (!Object.hasOwn(draft.labels, label)) draft.labels[label] = [random.pick(values)]
    }
    for (const [label, texts] of this.#labels) {
      const text = texts.make(draft, pools.words, random)
      if (text !== undefined) draft.labels[label] = [text]
    }
    for (const [field, texts] of this.#fields) {
      const text = texts.make(draft, pools.words, random)
      if (text !== undefined) draft[field] = text
    }
    if (rule.network) draft.ip = random.pick(insideOf(rule.network))
    draft.actions = actionsFor(rule, pools, random)
    return draft
  }

  /** An expression is often about a text that it writes out. */
  #fillFromTexts(draft: Draft, random: Random): void {
    const texts = this.#texts
    const text = () => random.pick(texts)
    if (random.oneIn(3)) draft.account = text()
    if (random.oneIn(2)) draft.clientId = text()
    if (random.oneIn(3)) draft.name = random.oneIn(2) ? text() : `${text()}${random.pick(this.#pools.words)}`
    if (random.oneIn(4)) draft.service = text()
    if (random.oneIn(4)) draft.ip = text()
    if (random.oneIn(6)) draft.account = `${random.pick(this.#pools.words)}${text()}`
  }
}

/** Somebody of whom no rule knows anything. */
export function plainDraft(): Draft {
  return {
    account: 'somebody',
    labels: {},
    type: 'repository',
    name: 'some/app',
    service: '',
    ip: undefined,
    clientId: undefined,
    actions: [],
  }
}

/** Anything that the rules name. */
export function anyDraft(pools: Pools, random: Random): Draft {
  const { account, labels } = random.pick(pools.people)
  return {
    account,
    labels: { ...labels },
    type: random.oneIn(4) ? random.pick(pools.types) : 'repository',
    name: random.pick(pools.names),
    service: random.pick(pools.services),
    ip: random.pick(pools.ips),
    clientId: random.pick(pools.clients),
    actions: someActions(pools.actions, random),
    ...timeIn(pools, random),
  }
}

function timeIn({ times }: Pools, random: Random): Pick<Facts, 'now'> {
  const now = random.pick(times)
  return now === undefined ? {} : { now }
}

function someActions(actions: readonly string[], random: Random): readonly string[] {
  if (random.oneIn(20)) return []
  if (random.oneIn(3)) return [random.pick(actions)]
  return [...new Set([random.pick(actions), random.pick(actions), random.pick(actions)])]
}

function actionsFor({ source: { actions } }: CompiledRule, pools: Pools, random: Random): readonly string[] {
  if (actions.length === 0 || random.oneIn(3)) return someActions(pools.actions, random)
  if (actions.includes('*')) return random.oneIn(3) ? ['*'] : ['pull', 'push']
  return random.oneIn(2) ? actions : [random.pick(actions)]
}
