// The conformance kit's probes for authenticators.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { deepFreeze } from '../contract/frozen.ts'
import {
  type Authenticator,
  type AuthnOutcome,
  type Credentials,
  type Explained,
  type JsonValue,
  NO_LABELS,
  NotRenewable,
  type PluginDefinition,
  type RequestScope,
  Secret,
  toLabels,
} from '../plugin.ts'
import type { AcceptedCase, AuthenticationCase, ConformanceSuite } from './cases.ts'
import { assertExplains, PROVIDES_ALIKE } from './explain.ts'
import type { ProvidedByPlugin, TestRequest } from './host.ts'
import type { Probe } from './probe.ts'
import { assertAuthnOutcome, assertSameLabels } from './shapes.ts'
import type { Subject } from './subject.ts'

type Accepted = Extract<AuthnOutcome, { outcome: 'accept' }>

/** @param definition says with what it wants to be asked besides passwords */
export function authenticatorProbes(
  suite: ConformanceSuite,
  { anonymous = false, exchange = false }: PluginDefinition,
): Probe[] {
  const { accepts = [], rejects = [], passes = [] } = suite
  const probes = [
    ...accepts.map(acceptedProbe),
    ...rejects.map((given) => plainProbe('rejects', given, 'reject')),
    ...passes.map((given) => plainProbe('passes', given, 'pass')),
  ]
  const all = [...accepts, ...rejects, ...passes]
  const withoutCredentials = all.filter(isAnonymous)
  assert.ok(
    anonymous || withoutCredentials.length === 0,
    'cases without account and password need a definition with anonymous: true',
  )
  assert.ok(
    exchange || !all.some((one) => one.exchange),
    'cases with exchange: true need a definition with exchange: true',
  )
  if (anonymous && withoutCredentials.length === 0) {
    probes.push(plainProbe('answers', { account: '', password: '' }))
  }
  return probes
}

function plainProbe(verb: string, given: AuthenticationCase, expected?: AuthnOutcome['outcome']): Probe {
  return {
    name: `${verb} ${titleOf(given)}`,
    call: (subject, signal) => authenticate(subject, given, signal),
    async check(subject) {
      const outcome = await authenticate(subject, given)
      if (expected) assert.equal(outcome.outcome, expected)
      await checkShared(subject, given, outcome)
    },
  }
}

function acceptedProbe(given: AcceptedCase): Probe {
  return {
    ...plainProbe('accepts', given),
    async check(subject) {
      const outcome = await accepted(subject, given)
      await checkShared(subject, given, outcome)
      await checkListed(subject, given, outcome)
    },
    more: isAnonymous(given)
      ? []
      : [
          { name: 'refreshes it, and no stranger', check: (subject) => checkRefresh(subject, given) },
          { name: 'knows the same names at a refresh', check: (subject) => checkNames(subject, given) },
        ],
  }
}

async function accepted(subject: Subject, given: AcceptedCase): Promise<Accepted> {
  return (await acceptedAnswer(subject, given)).outcome
}

async function acceptedAnswer(
  subject: Subject,
  given: AcceptedCase,
): Promise<{ outcome: Accepted; provided: ProvidedByPlugin }> {
  const { outcome, provided } = await ask(subject, given)
  if (outcome.outcome !== 'accept') assert.fail(`expected an accept, got ${JSON.stringify(outcome)}`)
  if (given.labels) assertSameLabels(outcome.labels ?? NO_LABELS, given.labels)
  if (given.as !== undefined) assert.equal(outcome.account, given.as)
  if (given.exchange) assert.ok(outcome.account, 'what is accepted in an exchange needs an account')
  subject.assertProvided(provided, given.provides)
  return { outcome, provided }
}

async function authenticate(
  subject: Subject,
  given: AuthenticationCase,
  signal?: AbortSignal,
): Promise<AuthnOutcome> {
  return (await ask(subject, given, signal)).outcome
}

async function ask(
  subject: Subject,
  given: AuthenticationCase,
  signal?: AbortSignal,
): Promise<{ outcome: AuthnOutcome; provided: ProvidedByPlugin }> {
  const { account, password } = given
  const kind = kindOf(given)
  const request = subject.request(given, { signal })
  const credentials = Object.freeze({ kind, account, password: new Secret(password) })
  const instance = subject.instance as Authenticator
  const outcome = await withSession(await instance.authenticate(credentials, request))
  subject.assertNoPassword(outcome, 'the outcome')
  assertAuthnOutcome(outcome)
  subject.assertProvided(request.provided)
  await checkExplained(
    subject,
    given,
    outcome,
    request,
    instance.explain?.bind(instance, credentials),
    signal,
  )
  return { outcome, provided: request.provided }
}

/** @param answered the request of the answer */
async function checkExplained(
  subject: Subject,
  given: AuthenticationCase,
  outcome: AuthnOutcome,
  answered: TestRequest,
  explain: ((request: RequestScope) => Promise<Explained<AuthnOutcome>>) | undefined,
  signal?: AbortSignal,
): Promise<void> {
  if (!explain) return
  const request = subject.request(given, { signal })
  assertExplains(subject, await explain(request), outcome, (explained, answer) =>
    assert.deepEqual(withoutSession(explained), withoutSession(answer)),
  )
  assert.deepEqual([...request.provided], [...answered.provided], PROVIDES_ALIKE)
}

/** The answer as it is kept: a session that is made on demand has been made. */
async function withSession(answer: AuthnOutcome): Promise<AuthnOutcome> {
  // A broken plugin answers nothing at all.
  if (answer?.outcome !== 'accept' || typeof answer.session !== 'function') return answer
  return { ...answer, session: await answer.session() }
}

/** Who asks the same from somewhere else must get the same: the host shares answers. */
async function checkShared(subject: Subject, given: AuthenticationCase, here: AuthnOutcome): Promise<void> {
  assertRemembered(subject.instance as Authenticator)
  if ((subject.instance as Authenticator).answersFrom !== 'password' || isAnonymous(given)) return
  const elsewhere = await authenticate(subject, { ...given, client: ELSEWHERE, service: 'another-service' })
  const again = await authenticate(subject, given)
  // A session may hold the time of its login: then it differs by itself.
  const compared = isDeepStrictEqual(again, here) ? elsewhere : withoutSession(elsewhere)
  assert.deepEqual(
    compared,
    compared === elsewhere ? here : withoutSession(here),
    "answersFrom: 'password', but another address, client or service gets another answer; remove answersFrom",
  )
}

function assertRemembered({ answersFrom, remembered, refresh }: Authenticator): void {
  if (remembered !== 'by default') return
  assert.ok(
    answersFrom === 'password' && refresh,
    "remembered: 'by default' needs answersFrom: 'password', and a refresh that compares what is stored of the password",
  )
}

function withoutSession(outcome: AuthnOutcome): AuthnOutcome {
  if (outcome.outcome !== 'accept') return outcome
  const { session: _, ...rest } = outcome
  return rest
}

const ELSEWHERE = { ip: '203.0.113.77', id: 'another-client' }

/** Whoever is accepted is among the accounts that are listed, where they are. */
async function checkListed(subject: Subject, given: AcceptedCase, outcome: Accepted): Promise<void> {
  const known = await (subject.instance as Authenticator).accounts?.()
  if (!known) return
  const name = outcome.account ?? given.account
  const listed = known.find(({ account }) => account === name)
  if (!listed) assert.fail(`accounts does not list ${JSON.stringify(name)}, which authenticate accepts`)
  assertSameLabels(listed.labels, outcome.labels ?? NO_LABELS)
}

async function checkRefresh(subject: Subject, given: AcceptedCase): Promise<void> {
  const { outcome, provided } = await acceptedAnswer(subject, given)
  const { account = given.account, labels = NO_LABELS, session } = outcome
  if (session instanceof NotRenewable) return
  const kept = session === undefined ? {} : { session: JSON.parse(JSON.stringify(session)) as JsonValue }
  const held = deepFreeze({ account, labels: toLabels(labels), ...kept })
  for (const instance of [subject.instance, await subject.restarted()]) {
    const { refresh } = instance as Authenticator
    if (!refresh) return
    const request = subject.request(given)
    const again = await withSession(await refresh.call(instance, held, request))
    subject.assertNoPassword(again, 'the outcome of refresh')
    assertAuthnOutcome(again)
    const { explainRefresh } = instance as Authenticator
    await checkExplained(subject, given, again, request, explainRefresh?.bind(instance, held))
    if (again.outcome !== 'accept') assert.fail(`expected refresh to accept, got ${JSON.stringify(again)}`)
    assert.equal(again.account ?? account, account, SAME_NAME)
    assertSameLabels(again.labels ?? NO_LABELS, labels)
    assert.deepEqual(
      [...request.provided.keys()].sort(),
      [...provided.keys()].sort(),
      'refresh must provide what authenticate provides: those who read it do not know how the client came',
    )
    subject.assertProvided(request.provided, given.provides)

    const stranger = Object.freeze({ ...held, account: `stranger-${randomUUID()}`, labels: NO_LABELS })
    const refused = await refresh.call(instance, stranger, subject.request(given))
    assertAuthnOutcome(refused)
    assert.notEqual(refused.outcome, 'accept', 'an account that was never accepted must not be refreshed')
  }
}

const SAME_NAME = 'refresh must name the account as authenticate does'

/**
 * A personal access token is made for the account that refresh names, and has no session: what refresh says of another spelling
 * must be what a login by it says. To some backends spellings are one account, to others they are several.
 */
async function checkNames(subject: Subject, given: AcceptedCase): Promise<void> {
  const instance = subject.instance as Authenticator
  const { account: name } = given
  if (!instance.refresh || name === '') return
  for (const account of new Set([name, name.toUpperCase(), name.toLowerCase()])) {
    const login = await authenticate(subject, { ...given, account })
    const look = await instance.refresh({ account, labels: NO_LABELS }, subject.request(given))
    assertAuthnOutcome(await withSession(look))
    if (look.outcome !== 'accept') continue
    if (login.outcome !== 'accept') {
      assert.fail(`refresh accepts ${JSON.stringify(account)}, which authenticate does not`)
    }
    assert.equal(look.account ?? account, login.account ?? account, SAME_NAME)
  }
}

function kindOf(given: AuthenticationCase): Credentials['kind'] {
  if (given.exchange) return 'token'
  return isAnonymous(given) ? 'anonymous' : 'password'
}

function isAnonymous({ account, password }: AuthenticationCase): boolean {
  return account === '' && password === ''
}

function titleOf(given: AuthenticationCase): string {
  if (given.exchange) return 'a token that is to be exchanged'
  return isAnonymous(given) ? 'a request without credentials' : JSON.stringify(given.account)
}
