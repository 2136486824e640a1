// Requests for comparing policies: for each rule of all of them some that it decides and some that just miss one of its conditions,
// then others of the same parts, as many as are wanted.
//
//   const [before, after] = [await openPolicy('auth_config.yml'), await openPolicy('dockwarden.yml')]
//   const requests = generateRequests([before, after], { count: 100_000 })
//   const { changes, undecided, shares } = await comparePolicies(before, after, requests)   // compare.ts
import type { Facts } from '../acl/facts.ts'
import { type CompiledRule, whensOf } from '../acl/rule.ts'
import { faultOfAccount, MAX_ACCOUNT } from '../contract/account.ts'
import { toLabels } from '../plugin.ts'
import { RequestError } from '../request/errors.ts'
import { parseScope, scopeText } from '../request/scope.ts'
import { anyDraft, Draws, plainDraft } from './draw.ts'
import { isAbout, missesOf, nearText, nearTexts, otherwise } from './misses.ts'
import type { Policy } from './policy.ts'
import { addTo, type Pools, startPools } from './pools.ts'
import { Random } from './random.ts'
import type { PolicyRequest } from './request.ts'
import type { RuleList } from './rule-list.ts'

/** How many requests, and which. */
export interface GenerateOptions {
  /** So many there are at least; left out: only those that are made for each rule. */
  readonly count?: number
  /** Another one gives others. */
  readonly seed?: number
}

/** So many tries to find a request that a rule decides. */
const TRIES = 80
/** So many more that it may be about. */
const OTHERS = 16
const TRIES_WITH_WHEN = 200

/**
 * Makes requests for policies, usually an old and a new one. All are different, and the server could be asked each of them.
 *
 * @returns first those for each rule, then those that were drawn
 */
export function generateRequests(
  policies: readonly Policy[],
  { count = 0, seed = 1 }: GenerateOptions = {},
): PolicyRequest[] {
  const random = new Random(seed)
  const pools = startPools(policies)
  const requests = new Requests()
  const draws = policies.flatMap(({ lists }) =>
    lists.flatMap((list) => list.rules.map((rule, place) => new Target(rule, place, list, pools))),
  )
  for (const target of draws) addTo(pools, target.hit(random))
  for (const target of draws) for (const facts of target.systematic(pools, random)) requests.add(facts)
  for (const facts of ofKnown(policies, pools, random)) requests.add(facts)
  // What is left to be drawn may be less than what is wanted.
  for (let idle = 0; requests.all.length < count && idle < MOST_IDLE; ) {
    if (requests.add(drawn(draws, pools, random))) idle = 0
    else idle += 1
  }
  return requests.all
}

const MOST_IDLE = 10_000

/** One rule for which requests are made. */
class Target {
  readonly #rule: CompiledRule
  readonly #place: number
  readonly #list: RuleList
  readonly #draws: Draws
  #hit: Facts | undefined

  constructor(rule: CompiledRule, place: number, list: RuleList, pools: Pools) {
    this.#rule = rule
    this.#place = place
    this.#list = list
    this.#draws = new Draws(rule, list, pools)
  }

  /** A request that the rule decides; else one that it is about, or the last that was tried. */
  hit(random: Random): Facts {
    let best: Facts | undefined
    for (let tries = 0; tries < TRIES; tries += 1) {
      const facts = this.#draws.draw(random, tries % 3 < 2)
      if (!isAbout(this.#rule, facts)) continue
      best ??= facts
      if (!this.#isDecider(facts)) continue
      best = facts
      break
    }
    this.#hit = best
    return best ?? this.#draws.draw(random, true)
  }

  /** What it decides, and what just misses it. */
  systematic(pools: Pools, random: Random): Facts[] {
    const hit = this.#hit
    if (!hit) return [this.#draws.draw(random, true)]
    const { actions } = this.#rule.source
    const asked = [...actions.map((action) => [action]), [...actions], ['*'], ['pull', 'push'], []]
    const { account, name, labels = {} } = this.#rule.source.match ?? {}
    return [
      hit,
      ...asked.map((one) => ({ ...hit, actions: [...new Set(one)] })),
      ...missesOf(this.#rule, hit, pools, random),
      ...(name === undefined ? [] : nearTexts(hit.name).map((text) => ({ ...hit, name: text }))),
      ...(account === undefined ? [] : nearTexts(hit.account).map((text) => ({ ...hit, account: text }))),
      ...Object.keys(labels).flatMap((label) =>
        nearTexts(hit.labels[label]![0]!).map((text) => ({
          ...hit,
          labels: { ...hit.labels, [label]: [text] },
        })),
      ),
      ...this.#others(random),
    ]
  }

  /** More that it is about: expressions have more ways to be true. */
  #others(random: Random): Facts[] {
    const whens = whensOf(this.#rule.source).length
    const tries = whens > 0 ? TRIES_WITH_WHEN : OTHERS
    return Array.from({ length: tries }, (_, at) => this.#draws.draw(random, at % 2 === 0)).filter((facts) =>
      isAbout(this.#rule, facts),
    )
  }

  draw(random: Random): Facts {
    return this.#draws.draw(random, random.oneIn(3))
  }

  #isDecider(facts: Facts): boolean {
    try {
      return this.#list.deciders(facts).includes(this.#place)
    } catch {
      return false
    }
  }
}

function drawn(targets: readonly Target[], pools: Pools, random: Random): Facts {
  if (targets.length === 0 || random.oneIn(6)) return anyDraft(pools, random)
  let facts = random.pick(targets).draw(random)
  if (random.oneIn(2)) facts = otherwise(facts, pools, random)
  if (random.oneIn(4)) facts = { ...facts, name: nearText(facts.name, random) }
  if (random.oneIn(8)) facts = { ...facts, account: nearText(facts.account, random) }
  return facts
}

function knownIn(policies: readonly Policy[]): Set<string> {
  return new Set(policies.flatMap(({ accounts }) => [...accounts.keys()]))
}

/** For each account that a configuration names: all that can be done with some names. */
function* ofKnown(policies: readonly Policy[], { names, actions }: Pools, random: Random): Generator<Facts> {
  const accounts = knownIn(policies)
  const each = Math.max(FEWEST_NAMES, Math.floor(MOST_OF_KNOWN / accounts.size))
  for (const account of accounts) {
    const about = names.length <= each ? names : Array.from({ length: each }, () => random.pick(names))
    const asked = actions.filter((action) => action !== '*')
    for (const name of about) yield { ...plainDraft(), account, labels: {}, name, actions: asked }
  }
}

const FEWEST_NAMES = 5
const MOST_OF_KNOWN = 5_000

/** Those that are different and that a server could be asked. */
class Requests {
  readonly all: PolicyRequest[] = []
  readonly #seen = new Set<string>()

  /** @returns whether it is a new one */
  add(facts: Facts): boolean {
    const request = this.#requestOf(facts)
    const key = request && JSON.stringify(request)
    if (!request || this.#seen.has(key!)) return false
    this.#seen.add(key!)
    this.all.push(request)
    return true
  }

  /** @returns undefined for what no client can ask */
  #requestOf({
    account,
    labels,
    type,
    name,
    actions,
    service,
    ip,
    clientId,
    now,
  }: Facts): PolicyRequest | undefined {
    if (account.length > MAX_ACCOUNT || faultOfAccount(account) !== undefined) return undefined
    const resource = resourceOf(scopeText({ type, name, actions }))
    if (!resource || resource.name !== name) return undefined
    return {
      account,
      ...(Object.keys(labels).length > 0 && { labels: toLabels(labels) }),
      ...(ip !== undefined && { ip }),
      ...(service !== '' && { service }),
      ...(clientId !== undefined && { client: clientId }),
      ...(now !== undefined && { at: now }),
      resource,
    }
  }
}

function resourceOf(scope: string) {
  try {
    return parseScope(scope)
  } catch (error) {
    if (error instanceof RequestError) return undefined
    throw error
  }
}
