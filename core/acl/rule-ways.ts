// The ways in which a rule can be found.
import type { Start } from './anchored.ts'
import { type Held, heldBy } from './held.ts'
import type { Matcher } from './matcher.ts'
import type { CompiledRule } from './rule.ts'
import { joined, networkKey, type Part, type ShapeFacts, type Way } from './ways.ts'

/** A rule's keys in a way. */
export interface Placed {
  readonly way: Way
  readonly keys: readonly string[]
}

/** All of it together finds the rule: whatever it matches has one of the keys. */
export type Option = readonly Placed[]

/** With more keys than this a rule is looked up by less. */
const MOST_KEYS = 64
/** Characters of a text that stands somewhere. */
const LONGEST_WITHIN = 8
const STEP_WITHIN = 4

/**
 * What a rule fixes.
 *
 * @param choices whether a rule whose pattern has a choice of texts is found by each of them; else it fixes nothing there
 */
export function describe(
  { patterns }: CompiledRule,
  choices: boolean,
): readonly { readonly fixed: ShapeFacts; readonly keys: readonly string[] }[] {
  const startsOf = (matcher: Matcher | undefined) => startsOfMatcher(matcher, choices)
  const names = new Map<ShapeFacts['name'], Set<string>>()
  for (const { text, rest } of startsOf(patterns.name)) {
    const name = rest === 'end' ? 'whole' : text.length
    names.set(name, (names.get(name) ?? new Set()).add(text))
  }
  const count = [...names.values()].reduce((sum, parts) => sum + parts.size, 0)
  const [accounts, types, services] = within(MOST_KEYS / count, [
    wholeTexts(startsOf(patterns.account)),
    wholeTexts(startsOf(patterns.type)),
    wholeTexts(startsOf(patterns.service)),
  ])
  return [...names].map(([name, parts]) => ({
    fixed: {
      account: accounts !== undefined,
      type: types !== undefined,
      service: services !== undefined,
      name,
    },
    keys: [...parts].flatMap((part) =>
      (accounts ?? [undefined]).flatMap((account) =>
        (types ?? [undefined]).flatMap((type) =>
          (services ?? [undefined]).map((service) => joined(account, type, service, part)),
        ),
      ),
    ),
  }))
}

/** The cheapest way to find a rule: by what it fixes. Undefined when that is nothing. */
export function fixedOption(rule: CompiledRule): Option | undefined {
  const described = describe(rule, true)
  const fixesAnything = ({ account, type, service, name }: ShapeFacts) =>
    account || type || service || name !== 0
  if (!described.every(({ fixed }) => fixesAnything(fixed))) return undefined
  return described.map(({ fixed, keys }) => ({ way: { by: 'facts', fixed }, keys }))
}

/** The other ways to find a rule, cheap ones first. @param plain of plain requests only */
export function otherOptions({ patterns, network, labels }: CompiledRule, plain: boolean): Option[] {
  const options: Option[] = []
  for (const field of ['account', 'type', 'service'] as const)
    options.push(...byBeginning(patterns[field], (part) => ({ by: 'field', field, part })))
  if (network && network.bits > 0) {
    const { address, bits } = network
    options.push([{ way: { by: 'network', bytes: address.length, bits }, keys: [networkKey(address, bits)] }])
  }
  if (labels.size > 0) options.push([{ way: { by: 'labels' }, keys: [labels.keys().next().value!] }])
  for (const [label, matcher] of labels) {
    const whole = wholeTexts(startsOfMatcher(matcher, true))
    if (whole) options.push([{ way: { by: 'label', label, part: 'whole' }, keys: whole }])
    else options.push(...byEdges(matcher, (part) => ({ by: 'label', label, part })))
  }
  for (const field of ['name', 'account', 'type', 'service'] as const)
    options.push(...byText(heldBy(patterns[field], plain), (part) => ({ by: 'field', field, part })))
  return options
}

/** By what a text begins with, where that is one of several. */
function byBeginning(matcher: Matcher | undefined, wayOf: (part: Part) => Way): Option[] {
  const starts = startsOfMatcher(matcher, true)
  // One that begins anyhow is not found so, and whole texts are found by what is fixed.
  if (wholeTexts(starts) || starts.some(({ text }) => text === '')) return []
  const lengths = new Map<number, Set<string>>()
  for (const { text } of starts) lengths.set(text.length, (lengths.get(text.length) ?? new Set()).add(text))
  return [[...lengths].map(([length, texts]) => ({ way: wayOf({ at: 'begin', length }), keys: [...texts] }))]
}

/** By a text that it ends with, or that stands in it. */
function byText({ end, within }: Held, wayOf: (part: Part) => Way): Option[] {
  const options: Option[] = []
  if (end !== undefined) options.push([{ way: wayOf({ at: 'end', length: end.length }), keys: [end] }])
  for (const text of within) {
    const length = Math.min(text.length, LONGEST_WITHIN)
    const way = wayOf({ at: 'within', length })
    for (let at = 0; at < text.length - length; at += STEP_WITHIN)
      options.push([{ way, keys: [text.slice(at, at + length)] }])
    options.push([{ way, keys: [text.slice(-length)] }])
  }
  return options
}

/** An account may have thousands of values: parts of each are not looked up. */
function byEdges(matcher: Matcher, wayOf: (part: Part) => Way): Option[] {
  const { end } = heldBy(matcher)
  return [...byBeginning(matcher, wayOf), ...byText({ end, within: [] }, wayOf)]
}

/** What a pattern's matches begin with; one without any text when that is not known. */
function startsOfMatcher(
  { exact, prefix = '', starts }: Partial<Matcher> = {},
  choices: boolean,
): readonly Start[] {
  if (exact !== undefined) return [{ text: exact, rest: 'end' }]
  return (choices ? starts : undefined) ?? [{ text: prefix, rest: 'more' }]
}

/** The only texts that a pattern matches; undefined when there are others. */
function wholeTexts(starts: readonly Start[]): readonly string[] | undefined {
  return starts.every(({ rest }) => rest === 'end') ? starts.map(({ text }) => text) : undefined
}

/** The choices, as long as all their combinations stay within a number. */
function within(most: number, choices: readonly (readonly string[] | undefined)[]): typeof choices {
  let product = 1
  return choices.map((texts) => {
    if (texts === undefined || product * texts.length > most) return undefined
    product *= texts.length
    return texts
  })
}
