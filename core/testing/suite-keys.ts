// A key of a suite or a case that the kit does not know would be a check that is never made.
import { type PluginDefinition, suggest } from '../plugin.ts'
import type {
  AcceptedCase,
  AuthenticationCase,
  ConformanceSuite,
  DecisionCase,
  InvalidCase,
  LabelingCase,
  RequestFacts,
} from './cases.ts'

type Keys<T> = Readonly<Record<keyof Required<T>, true>>

const REQUEST: Keys<RequestFacts> = { client: true, service: true, scopes: true, shared: true }
const CREDENTIALS: Keys<AuthenticationCase> = { ...REQUEST, account: true, password: true, exchange: true }
const ACCEPTED: Keys<AcceptedCase> = { ...CREDENTIALS, labels: true, provides: true, as: true }
const LABELING: Keys<LabelingCase> = { ...REQUEST, identity: true, expect: true, provides: true }
const DECISION: Keys<DecisionCase> = { ...REQUEST, account: true, labels: true, resource: true, expect: true }
const INVALID: Keys<InvalidCase> = { options: true, path: true, message: true }
const SUITE: Keys<ConformanceSuite> = {
  ...{ options: true, host: true, unavailable: true, runner: true, invalid: true },
  ...{ accepts: true, rejects: true, passes: true, labels: true, decisions: true },
}

interface Cases {
  /** The plugins that they are for; without it, for all. */
  readonly kind?: PluginDefinition['kind']
  readonly keys: object
  readonly needed: readonly string[]
}

const CASES: ReadonlyMap<string, Cases> = new Map<string, Cases>([
  ['accepts', { kind: 'authenticator', keys: ACCEPTED, needed: ['account', 'password'] }],
  ['rejects', { kind: 'authenticator', keys: CREDENTIALS, needed: ['account', 'password'] }],
  ['passes', { kind: 'authenticator', keys: CREDENTIALS, needed: ['account', 'password'] }],
  ['labels', { kind: 'labeler', keys: LABELING, needed: ['identity', 'expect'] }],
  ['decisions', { kind: 'authorizer', keys: DECISION, needed: ['resource', 'expect'] }],
  ['invalid', { keys: INVALID, needed: ['options', 'message'] }],
])

const OF_KIND: Readonly<
  Record<PluginDefinition['kind'], readonly ('accepts' | 'rejects' | 'passes' | 'labels' | 'decisions')[]>
> = {
  authenticator: ['accepts', 'rejects', 'passes'],
  labeler: ['labels'],
  authorizer: ['decisions'],
}

/** @throws Error that names the first key that is wrong, and the remedy */
export function assertKeys({ name, kind }: PluginDefinition, suite: ConformanceSuite): void {
  const wrong = (what: string) => new Error(`the conformance suite of ${name} ${what}`)
  const assertKnown = (value: object, known: object, where: string) => {
    const names = Object.keys(known)
    const key = Object.keys(value).find((one) => !names.includes(one))
    if (key !== undefined)
      throw wrong(`${where} the unknown key ${JSON.stringify(key)}; ${suggest(key, names)}`)
  }
  assertKnown(suite, SUITE, 'has')
  if (typeof suite.options !== 'function')
    throw wrong(
      'has no function options, which gives them anew for each test; write options: () => ({ ... })',
    )
  for (const [list, { kind: of, keys, needed }] of CASES) {
    const cases: unknown = suite[list as keyof ConformanceSuite]
    if (cases === undefined) continue
    if (of !== undefined && of !== kind)
      throw wrong(`has ${list}, which are for ${of}s; those of ${kind}s are ${OF_KIND[kind].join(', ')}`)
    if (!Array.isArray(cases)) throw wrong(`has ${list} that are no list; put the cases in [ ]`)
    for (const [index, one] of cases.entries()) {
      assertKnown(one, keys, `has in ${list}[${index}]`)
      const missing = needed.find((key) => !Object.hasOwn(one, key))
      if (missing !== undefined) throw wrong(`has no ${missing} in ${list}[${index}]; write it`)
    }
  }
  const lists = OF_KIND[kind].map((list) => suite[list])
  if (!lists.some((cases) => cases !== undefined && cases.length > 0))
    throw wrong(`has no case for its kind, ${kind}; write one of ${OF_KIND[kind].join(', ')}`)
}
