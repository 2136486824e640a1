// What is drawn from: everything that the rules, and the configuration's own accounts, name or may be about.
import type { Facts } from '../acl/facts.ts'
import { whensOf } from '../acl/rule.ts'
import type { Labels } from '../contract/labels.ts'
import { insideOf, outsideOf } from './addresses.ts'
import type { Policy } from './policy.ts'

/** An account as it may come. */
export interface Somebody {
  readonly account: string
  readonly labels: Labels
}

/** Each list has something in it. */
export interface Pools {
  readonly people: Somebody[]
  readonly names: string[]
  readonly types: string[]
  readonly services: string[]
  readonly ips: (string | undefined)[]
  readonly clients: (string | undefined)[]
  readonly actions: string[]
  readonly times: (number | undefined)[]
  /** What may stand between slashes. */
  readonly words: string[]
  /** The values of each label that is known. */
  readonly values: Map<string, string[]>
}

const HOUR = 3_600_000
/** A Monday. */
const WEEK = Date.UTC(2026, 0, 5)
const NO_LABELS = Object.freeze({})

/** What is there before any request has been made. */
export function startPools(policies: readonly Policy[]): Pools {
  const rules = policies.flatMap(({ lists }) => lists.flatMap((list) => list.rules))
  const texts = rules.flatMap(({ source }) => whensOf(source).flatMap(textsIn))
  const networks = rules.flatMap(({ network }) => network ?? [])
  const known = policies.flatMap(({ accounts }) =>
    [...accounts].map(([account, labels]) => ({ account, labels })),
  )
  const pools: Pools = {
    people: [{ account: 'somebody', labels: NO_LABELS }, { account: '', labels: NO_LABELS }, ...known],
    names: ['some/app', 'library/alpine', 'app', ''],
    types: ['repository', 'registry'],
    services: ['', 'registry.example.com'],
    ips: [
      undefined,
      '192.0.2.7',
      ...new Set(networks.flatMap((one) => [...insideOf(one), ...outsideOf(one)])),
    ],
    clients: [undefined, 'docker', ...new Set(texts)],
    actions: [...new Set(['pull', 'push', 'delete', '*', ...rules.flatMap(({ source }) => source.actions)])],
    times: timesFor(rules.flatMap(({ source }) => whensOf(source))),
    words: ['app', 'x', 'team-a', ...new Set(texts.flatMap((text) => text.split('/')).filter(isWord))],
    values: new Map(),
  }
  for (const { labels } of known) addLabels(labels, pools)
  return pools
}

/** Takes up what a request about a rule is made of, so that it turns up in those about others. */
export function addTo(pools: Pools, { account, labels, type, name, service }: Facts): void {
  pools.people.push({ account, labels })
  for (const [list, text] of [
    [pools.names, name],
    [pools.types, type],
    [pools.services, service],
  ] as const) {
    if (!list.includes(text)) list.push(text)
  }
  for (const word of [...name.split('/'), account].filter(isWord)) {
    if (!pools.words.includes(word)) pools.words.push(word)
  }
  addLabels(labels, pools)
}

function addLabels(labels: Labels, { values }: Pools): void {
  for (const [name, held] of Object.entries(labels))
    values.set(name, [...new Set([...(values.get(name) ?? []), ...held])])
}

function isWord(text: string): boolean {
  return text !== '' && text.length < 40
}

/** The texts that an expression writes out. */
export function textsIn(expression: string): string[] {
  return [...expression.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/g)].map(
    ([, one, other]) => one ?? other ?? '',
  )
}

/** Whether an expression may look at the time. */
export function looksAtTime(expression: string): boolean {
  return /\btime\b/.test(expression)
}

/** The labels that an expression names. */
export function labelsIn(expression: string): string[] {
  return [...expression.matchAll(/\blabels(?:\.([A-Za-z_]\w*)|\[\s*["']([^"']+)["']\s*\])/g)].map(
    ([, one, other]) => one ?? other ?? '',
  )
}

/** Every hour of a week, and around each moment that an expression names; none, where no expression looks at the time. */
function timesFor(expressions: readonly string[]): (number | undefined)[] {
  if (!expressions.some(looksAtTime)) return [undefined]
  const named = expressions
    .flatMap(textsIn)
    .map((text) => Date.parse(text))
    .filter((time) => !Number.isNaN(time))
  const hours = Array.from({ length: 7 * 24 }, (_, hour) => WEEK + hour * HOUR + 30 * 60_000)
  return [...hours, ...named.flatMap((time) => [time - 1_000, time, time + 1_000])]
}
