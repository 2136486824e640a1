// When is a provider asked whether a sign-in is still good, by whom, and what holds meanwhile? With the real store, a time that
// the test chooses, and a provider that ends a session when an old refresh token is shown.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { TOKEN_TABLE } from '../../../core/kit/token-table.ts'
import {
  type AuthnOutcome,
  accept,
  CLAIMS,
  type Held,
  type JsonValue,
  pass,
  reject,
} from '../../../core/plugin.ts'
import type { AuthnAnswer } from '../../../core/request/authn-answer.ts'
import { RequestContext } from '../../../core/request/context.ts'
import type { Instance } from '../../../core/request/instance.ts'
import { anonymousRequest } from '../../../core/request/parse.ts'
import { newSession } from '../../../core/request/sealed-session.ts'
import { SignInSessions } from '../../../core/request/sign-in-sessions.ts'
import { keptLog } from '../../../core/testing/host.ts'
import type { TokenKeeper } from '../../../core/token/keeper.ts'
import type { SecretToken } from '../../../core/token/secret-token.ts'
import { alone, processContainer } from '../../support/process-container.ts'
import { keeperOf } from '../../support/token-keeper.ts'

const HOUR = 3_600_000
const START = Date.parse('2026-01-01T00:00:00Z')

/** Gives a new refresh token each time; whoever shows an old one ends the session. */
class StrictProvider {
  asked = 0
  labels = { group: ['dev'] }
  account = 'alice'
  /** half = a new refresh token, and then nothing more. */
  says: 'yes' | 'no' | 'nothing' | 'half' | 'long' = 'yes'
  /** Resolves when it may answer. */
  gate: Promise<void> = Promise.resolve()
  /** What it was given to save sessions with, the last time. */
  saveSession: Held['saveSession']
  #good = 0
  #over = false

  async refresh({ session, saveSession }: Held): Promise<AuthnOutcome> {
    this.asked++
    this.saveSession = saveSession
    await this.gate
    if (this.says === 'nothing') throw new Error('provider: no answer')
    if (session !== this.#good) this.#over = true
    if (this.#over || this.says === 'no') return reject('the session has ended')
    this.#good++
    if (this.says === 'long') await saveSession?.('x'.repeat(20_000))
    if (this.says === 'half') {
      await saveSession?.(this.#good)
      throw new Error('provider: no answer to the second question')
    }
    return accept({ account: this.account, labels: this.labels, session: this.#good })
  }
}

/** One process that shares the folder's store. */
interface Node {
  readonly sessions: SignInSessions
  readonly keeper: TokenKeeper
  readonly log: ReturnType<typeof keptLog>
}

describe('the session of a browser sign-in', () => {
  let folder: string
  let now: number
  let provider: StrictProvider
  let password: SecretToken
  let nodes: Node[]
  /** How long a request waits for the provider, in milliseconds. */
  let patience: number
  /** How long the provider's answer holds, in milliseconds. */
  let interval: number
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-sessions-'))
    now = START
    patience = 5_000
    interval = HOUR
    provider = new StrictProvider()
    nodes = [newNode(), newNode()]
    password = await nodes[0]!.keeper.personalToken({
      account: 'alice',
      authenticator: 'corp',
      plugin: 'oidc',
      labels: { group: ['first'] },
      session: newSession(START, { group: ['first'] }, 0, []),
    })
  })
  afterEach(async () => {
    await Promise.all(nodes.map(({ keeper }) => keeper.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  function newNode(): Node {
    const keeper = keeperOf(folder, () => now)
    const log = keptLog()
    return { keeper, log, sessions: new SignInSessions({ tokens: keeper, clock: { now: () => now }, log }) }
  }

  function instanceFor({ log }: Node): Instance<'authenticator'> {
    return {
      kind: 'authenticator',
      id: 'corp',
      plugin: 'oidc',
      anonymous: false,
      exchange: false,
      ...alone(),
      timeout: patience,
      onError: 'fail',
      log,
      implementation: { authenticate: async () => pass, refresh: (held) => provider.refresh(held) },
      signIn: {
        title: 'Corp',
        redirect: { url: undefined, path: '/corp' },
        registry: undefined,
        revalidateAfter: interval,
        grace: HOUR,
        passwordLifetime: undefined,
        begin: async () => ({ url: '', keep: null }),
        finish: async () => pass,
      },
    } as Instance<'authenticator'>
  }

  async function look(node: Node = nodes[0]!): Promise<AuthnAnswer> {
    const kept = await node.keeper.find(password, { kind: 'personal', service: '', account: 'alice' })
    const context = new RequestContext(processContainer(), 'test', anonymousRequest('test'))
    return await node.sessions.look(instanceFor(node), { token: password, kept }, context)
  }
  it('what the authenticator hands on is there while the provider is not asked again', async () => {
    const context = new RequestContext(processContainer(), 'test', anonymousRequest('test'))
    const key = context.services.resolve(TOKEN_TABLE).keyOf(CLAIMS)
    const kept = () => nodes[0]!.keeper.find(password, { kind: 'personal', service: '', account: 'alice' })
    const base = instanceFor(nodes[0]!)
    const instance: Instance<'authenticator'> = {
      ...base,
      provides: new Set([CLAIMS.name]),
      implementation: {
        ...base.implementation,
        refresh: async (held, request) => {
          request.provide(CLAIMS, { groups: ['second'] })
          return provider.refresh(held)
        },
      },
    }
    const ask = async () => {
      const answer = await nodes[0]!.sessions.look(instance, { token: password, kept: await kept() }, context)
      return answer.outcome === 'accept' ? answer.provided.get(key) : answer.outcome
    }
    expect(await ask()).to.equal(undefined)
    now += 2 * HOUR
    expect(await ask()).to.deep.equal({ groups: ['second'] })
    const asked = provider.asked
    expect(await ask()).to.deep.equal({ groups: ['second'] })
    expect(provider.asked).to.equal(asked)
  })

  async function stored(): Promise<JsonValue | undefined> {
    const { keeper } = nodes[0]!
    return keeper.sessionOf(
      password,
      await keeper.find(password, { kind: 'personal', service: '', account: 'alice' }),
    )
  }
  const labelsOf = (answer: AuthnAnswer) =>
    answer.outcome === 'accept' ? answer.identity.labels : answer.outcome
  const lookAtAll = (times: number) =>
    Promise.all(Array.from({ length: times }, (_, index) => look(nodes[index % nodes.length])))

  it('holds for the interval without a question', async () => {
    now = START + HOUR - 1
    expect(labelsOf(await look())).to.deep.equal({ group: ['first'] })
    expect(provider.asked).to.equal(0)
  })

  it('is asked about after the interval, and the answer holds for another', async () => {
    now = START + HOUR
    expect(labelsOf(await look())).to.deep.equal({ group: ['dev'] })
    now += HOUR - 1
    expect(labelsOf(await look())).to.deep.equal({ group: ['dev'] })
    expect(provider.asked).to.equal(1)
  })

  it('is asked about once by two nodes with many requests, interval after interval', async () => {
    for (const round of [1, 2, 3]) {
      now += HOUR
      for (const answer of await lookAtAll(20)) expect(labelsOf(answer)).to.deep.equal({ group: ['dev'] })
      expect(provider.asked).to.equal(round)
    }
  })

  it('is found by a node that waited for the other one to renew it', async () => {
    now += HOUR
    let open = () => {}
    provider.gate = new Promise((resolve) => (open = resolve))
    const first = look(nodes[0])
    while (provider.asked === 0) await new Promise((resolve) => setImmediate(resolve))
    const second = look(nodes[1])
    open()
    expect(labelsOf(await first)).to.deep.equal({ group: ['dev'] })
    expect(labelsOf(await second)).to.deep.equal({ group: ['dev'] })
    expect(provider.asked).to.equal(1)
  })

  it('holds by grace while the provider can not be asked, and is not asked about at each use', async () => {
    provider.says = 'nothing'
    now = START + HOUR
    for (let use = 0; use < 5; use++) expect(labelsOf(await look())).to.deep.equal({ group: ['first'] })
    expect(provider.asked).to.equal(1)
    now += 60_000
    await look()
    expect(provider.asked).to.equal(2)
    expect(nodes[0]!.log.lines.map(({ message }) => message)).to.include(
      'the provider could not be asked; its last answer holds by grace',
    )
  })

  it('is good again at once when the provider is back within the grace', async () => {
    provider.says = 'nothing'
    now = START + HOUR
    await look()
    provider.says = 'yes'
    now += 60_000
    expect(labelsOf(await look())).to.deep.equal({ group: ['dev'] })
  })

  it('is an outage after the grace, not a refusal', async () => {
    provider.says = 'nothing'
    now = START + 2 * HOUR
    const error = await look().then(
      () => undefined,
      (thrown) => thrown,
    )
    expect(error).to.include({ status: 503 })
    expect(error.message).to.equal(
      'Corp can not be asked whether your sign-in is still good; try again later',
    )
    provider.says = 'yes'
    expect(labelsOf(await look())).to.deep.equal({ group: ['dev'] })
  })

  it('is asked about at its next end, however soon after an outage that is', async () => {
    interval = 10_000
    provider.says = 'nothing'
    now = START + interval + HOUR
    const error = await look().catch((thrown) => thrown)
    expect(error).to.include({ status: 503 })
    provider.says = 'yes'
    await look()
    now += interval
    await look()
    expect(provider.asked).to.equal(3)
  })

  it('is refused when the provider says no, which ends nothing by itself', async () => {
    provider.says = 'no'
    now = START + HOUR
    expect(labelsOf(await look())).to.equal('reject')
    provider.says = 'yes'
    now += 60_000
    expect(labelsOf(await look())).to.deep.equal({ group: ['dev'] })
  })

  it('stays refused while the provider can not be asked, on every node, whatever the grace', async () => {
    provider.says = 'no'
    now = START + HOUR
    await look()
    provider.says = 'nothing'
    for (const node of nodes) expect(labelsOf(await look(node))).to.equal('reject')
    now += 60_000
    for (const node of nodes) expect(labelsOf(await look(node))).to.equal('reject')
    provider.says = 'yes'
    now += 60_000
    for (const node of nodes) expect(labelsOf(await look(node))).to.deep.equal({ group: ['dev'] })
  })

  it('is asked about once in a while, not at each use, while it is refused', async () => {
    provider.says = 'no'
    now = START + HOUR
    for (let use = 0; use < 20; use++) expect(labelsOf(await look())).to.equal('reject')
    expect(provider.asked).to.equal(1)
  })

  it('is not renewed for an account that has another name now', async () => {
    provider.account = 'mallory'
    now = START + HOUR
    expect(await look()).to.deep.equal({ outcome: 'reject', reason: 'the account has another name now' })
    expect(await stored()).to.deep.include({ checked: START, session: 0 })
  })

  it('is not lost when the store can not keep what the provider gave', async () => {
    const { keeper } = nodes[0]!
    const { noteUse } = keeper
    keeper.noteUse = () => Promise.reject(new Error('the disk is full'))
    now = START + HOUR
    expect(labelsOf(await look())).to.deep.equal({ group: ['dev'] })
    expect(labelsOf(await look())).to.deep.equal({ group: ['dev'] })
    keeper.noteUse = noteUse
    await look()
    // Kept now, so that the other node and the next renewal have it.
    expect(labelsOf(await look(nodes[1]))).to.deep.equal({ group: ['dev'] })
    now += HOUR
    expect(labelsOf(await look(nodes[1]))).to.deep.equal({ group: ['dev'] })
    expect(provider.asked).to.equal(2)
  })

  it('is not lost when the provider falls silent after it gave a new refresh token, whichever node goes on', async () => {
    provider.says = 'half'
    now = START + HOUR
    expect(labelsOf(await look())).to.deep.equal({ group: ['first'] })
    provider.says = 'yes'
    expect(labelsOf(await look(nodes[1]))).to.deep.equal({ group: ['dev'] })
    expect(provider.asked).to.equal(2)
  })

  it('is never overwritten with what another process could not keep earlier', async () => {
    const { keeper } = nodes[0]!
    const { noteUse } = keeper
    keeper.noteUse = () => Promise.reject(new Error('the disk is full'))
    now = START + HOUR
    await look()
    keeper.noteUse = noteUse
    // The other node goes on from a session of its own.
    await nodes[1]!.keeper.noteUse(
      password,
      await nodes[1]!.keeper.find(password, { kind: 'personal', service: '', account: 'alice' }),
      {
        now: { ...(newSession(now, { group: ['other'] }, 1, []) as object), version: 7 } as JsonValue,
        before: undefined,
      },
    )
    expect(labelsOf(await look())).to.deep.equal({ group: ['other'] })
    expect(await stored()).to.deep.include({ version: 7, session: 1 })
  })

  it('goes on to be renewed when nobody waits any more, and no other node asks meanwhile', async () => {
    let open = () => {}
    provider.gate = new Promise((resolve) => (open = resolve))
    now = START + HOUR
    patience = 50
    expect(labelsOf(await look())).to.deep.equal({ group: ['first'] })
    const elsewhere = look(nodes[1])
    expect(labelsOf(await elsewhere)).to.deep.equal({ group: ['first'] })
    open()
    await nodes[0]!.sessions.close()
    await nodes[1]!.sessions.close()
    patience = 5_000
    for (const node of nodes) expect(labelsOf(await look(node))).to.deep.equal({ group: ['dev'] })
    expect(provider.asked).to.equal(1)
  })

  it('gives its lease back when the store fails in between', async () => {
    const { keeper } = nodes[0]!
    const { find } = keeper
    now = START + HOUR
    const waiting = look()
    let finds = 0
    keeper.find = () =>
      finds++ === 0
        ? Promise.reject(new Error('the disk is full'))
        : find.apply(keeper, [password, { kind: 'personal', service: '', account: 'alice' }])
    expect(labelsOf(await waiting)).to.deep.equal({ group: ['first'] })
    keeper.find = find
    expect(labelsOf(await look(nodes[1]))).to.deep.equal({ group: ['dev'] })
  })

  it('is not kept when it is too long', async () => {
    provider.says = 'long'
    now = START + HOUR
    expect(labelsOf(await look())).to.deep.equal({ group: ['first'] })
    expect(await stored()).to.deep.include({ version: 1 })
  })

  for (const says of ['yes', 'no', 'half'] as const) {
    it(`is not overwritten by a plugin that saves one after its answer: ${says}`, async () => {
      provider.says = says
      now = START + HOUR
      await look()
      const before = await stored()
      const error = await provider.saveSession!('late').catch((thrown) => thrown)
      expect(error).to.be.instanceOf(Error)
      expect(error.message).to.include('too late')
      expect(await stored()).to.deep.equal(before)
    })
  }

  it('is refused when its password was revoked while it waited', async () => {
    const [, other] = nodes
    now = START + HOUR
    await other!.keeper.lease(password.id, 'other', 20_000)
    const waiting = look().then(labelsOf, ({ name }) => name)
    await other!.keeper.revoke(password.id, 'test')
    await other!.keeper.release(password.id, 'other')
    expect(await waiting).to.equal('TokenRefused')
    expect(provider.asked).to.equal(0)
  })
})
