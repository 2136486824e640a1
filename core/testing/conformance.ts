// The conformance kit: what every plugin must do, whatever it is for, as tests that its author runs.
import assert from 'node:assert/strict'
import { type PluginDefinition, z } from '../plugin.ts'
import type { ConformanceSuite, InvalidCase, TestRunner } from './cases.ts'
import type { Probe } from './probe.ts'
import { probesOf } from './probes.ts'
import { type Making, type Subject, withSubject } from './subject.ts'
import { assertKeys } from './suite-keys.ts'

/** How often each case runs when all run at once. */
const ROUNDS = 3

/**
 * Registers the tests that a plugin must pass, under a `describe` of their own:
 *
 * - the definition is well formed, and its options can be shown as JSON Schema;
 * - `options` make an instance, `close` can be called twice, and each of `invalid` is refused where and as it says;
 * - each case gets its answer, as a well-formed outcome, also when all run at once and when another instance closes;
 * - an authenticator is asked without credentials only when it says `anonymous: true`, and with tokens to exchange only when it
 *   says `exchange: true`; if it can `refresh`, it refreshes what it accepted, after a restart too, and no account that it never saw,
 *   and names the account as `authenticate` does, also in capitals and in lower case; it provides with `request.provide` what
 *   `authenticate` provides;
 * - what is provided is listed in the definition, and is what `provides` of the case says;
 * - it changes nothing of what it gets (options, credentials, request, identity, what is held): all that is frozen, as in a server;
 * - an authorizer grants only what was asked;
 * - `explain`, where there is one, answers and provides as the main method does, and says why (`explainRefresh` as `refresh`);
 *   `accounts` lists whom `authenticate` accepts, with the same labels;
 * - a call settles when its signal has aborted; a backend that can't be reached is an exception, never an answer;
 * - no log line, outcome or error shows a password of the cases (of at least 6 characters).
 *
 * @param plugin the default export of the plugin's module
 * @param suite options, and at least one case for the plugin's kind
 * @example
 * import { conformance } from 'dockwarden/testing'
 * import plugin from './index.ts'
 *
 * conformance(plugin, {
 *   options: () => ({ url: server.url }),
 *   invalid: [{ options: { url: 'nonsense' }, path: 'url', message: /http/ }],
 *   accepts: [{ account: 'bob', password: 'correct horse', labels: { group: ['dev'] } }],
 *   rejects: [{ account: 'bob', password: 'wrong horse' }],
 *   passes: [{ account: 'nobody', password: 'correct horse' }],
 *   unavailable: { options: () => ({ url: 'http://127.0.0.1:1' }) },
 * })
 * @example
 * // a labeler, and an authorizer
 * conformance(labeler, { options: () => ({}), labels: [{ identity: { account: 'bob' }, expect: { shift: ['day'] } }] })
 * conformance(authorizer, {
 *   options: () => ({}),
 *   decisions: [{ account: 'bob', resource: { type: 'repository', name: 'bob/app', actions: ['pull'] }, expect: grant(['pull']) }],
 * })
 * @example
 * // under node:test
 * import { describe, it } from 'node:test'
 * conformance(plugin, { runner: { describe, it }, options: () => ({}), accepts: [...] })
 */
export function conformance(plugin: PluginDefinition, suite: ConformanceSuite): void {
  assertKeys(plugin, suite)
  const { describe, it } = suite.runner ?? globalRunner()
  const passwords = [suite.accepts, suite.rejects, suite.passes]
    .flatMap((cases) => cases ?? [])
    .map((one) => one.password)
  const making: Making = { plugin, passwords, options: suite.options, host: suite.host }
  const probes = probesOf(plugin, suite)
  const first = probes[0]!
  const test = (name: string, check: (subject: Subject) => Promise<unknown>) =>
    it(name, () => withSubject(making, async (subject) => void (await check(subject))))

  describe(`${plugin.name} keeps the plugin contract`, () => {
    it('is well defined', async () => assertDefinition(plugin))
    test('takes the valid options, is ready, and can be closed twice', async ({ instance }) =>
      instance.ready?.())
    for (const invalid of suite.invalid ?? []) {
      it(`refuses ${invalid.path ?? 'to start'}: ${invalid.message.source}`, () =>
        assertRefused(making, invalid))
    }
    for (const probe of probes) {
      test(probe.name, probe.check)
      for (const more of probe.more ?? []) test(`${probe.name}: ${more.name}`, more.check)
    }
    test('answers each case alike when all run at once', (subject) =>
      Promise.all(Array.from({ length: ROUNDS }, () => probes.map((probe) => probe.check(subject))).flat()))
    test('goes on when another instance is closed', async (subject) => {
      await withSubject(making, first.check)
      await first.check(subject)
    })
    test('settles a call whose signal aborts, and goes on', async (subject) => {
      await assertSettles(subject, first)
      await first.check(subject)
    })
    const { unavailable } = suite
    if (unavailable) {
      it('throws when its backend can not be asked', () =>
        withSubject({ ...making, ...unavailable }, (subject) => assertThrows(subject, first)))
    }
  })
}

function assertDefinition(plugin: PluginDefinition): void {
  assert.ok(
    ['authenticator', 'labeler', 'authorizer'].includes(plugin.kind),
    'kind must be authenticator, labeler or authorizer',
  )
  assert.match(plugin.name, /^[a-z0-9]+(-[a-z0-9]+)*$/, 'name must be lower case letters, digits and dashes')
  assert.ok(
    plugin.options instanceof z.ZodType,
    'options must be a zod schema, made with the z of dockwarden/plugin',
  )
  assert.equal(typeof plugin.create, 'function', 'create must be a function')
  assert.ok(
    plugin.anonymous === undefined || plugin.kind === 'authenticator',
    'anonymous is for authenticators',
  )
  assert.ok(
    plugin.exchange === undefined || plugin.kind === 'authenticator',
    'exchange is for authenticators',
  )
  assert.ok(Object.isFrozen(plugin), 'export what definePlugin returns')
  z.toJSONSchema(plugin.options, { io: 'input', unrepresentable: 'any' })
}

async function assertRefused(making: Making, { options, path, message }: InvalidCase): Promise<void> {
  if (path === undefined) {
    await assert.rejects(
      withSubject({ ...making, options: () => options }, async () => {}),
      ({ message: text }: Error) => message.test(text),
    )
    return
  }
  const { error } = making.plugin.options.safeParse(options)
  const found = (error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  const fits = error?.issues.some((issue) => issue.path.join('.') === path && message.test(issue.message))
  assert.ok(fits, `expected ${path}: ${message}, got ${found.join('; ') || 'no issue'}`)
}

async function assertSettles(subject: Subject, { call }: Probe): Promise<void> {
  const underWay = new AbortController()
  const calls = [call(subject, AbortSignal.abort()), call(subject, underWay.signal)]
  setImmediate(() => underWay.abort())
  for (const settled of await Promise.allSettled(calls)) {
    if (settled.status === 'rejected') assertPluginError(subject, settled.reason)
  }
}

async function assertThrows(subject: Subject, { call }: Probe): Promise<void> {
  const [settled] = await Promise.allSettled([call(subject)])
  if (settled.status === 'fulfilled') {
    assert.fail(`expected an exception, got ${JSON.stringify(settled.value)}`)
  }
  assertPluginError(subject, settled.reason)
}

/** An error of the plugin, that is: not the kit's own complaint about an answer. */
function assertPluginError(subject: Subject, error: unknown): void {
  if (error instanceof assert.AssertionError) throw error
  assert.ok(error instanceof Error, 'throw an Error, nothing else')
  subject.assertNoPassword(error, 'the error')
}

function globalRunner(): TestRunner {
  const { describe, it } = globalThis as Partial<TestRunner>
  if (!describe || !it)
    throw new Error('run the conformance kit under mocha, or give it a runner: { describe, it }')
  return { describe, it }
}
