// A request's own container: time, labels and what a plugin can see of it.
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { TOKEN_TABLE } from '../../../core/kit/token-table.ts'
import {
  CLIENT,
  createToken,
  IDENTITY,
  LABELS,
  type RequestScope,
  Secret,
  TOKEN_REQUEST,
} from '../../../core/plugin.ts'
import { RequestContext } from '../../../core/request/context.ts'
import type { Instance } from '../../../core/request/instance.ts'
import type { TokenRequest } from '../../../core/request/parse.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { alone, processContainer } from '../../support/process-container.ts'

const request: TokenRequest = {
  credentials: { kind: 'password', account: 'alice', password: new Secret('x') },
  service: 'registry',
  scopes: [{ type: 'repository', name: 'a', actions: ['pull'] }],
  client: { ip: '192.0.2.1', id: 'docker' },
  offline: false,
}

function instanceWith(timeout: number): Instance {
  const parts = {
    kind: 'labeler',
    id: 'corp',
    plugin: 'ldap',
    anonymous: false,
    exchange: false,
    onError: 'fail',
  } as const
  return { ...parts, ...alone(), timeout, log: keptLog(), implementation: { label: async () => ({}) } }
}

const scopeOf = (context: RequestContext) => context.call(instanceWith(1_000), async (scope) => scope)
const hang = () => new Promise<never>(() => {})

describe('the request’s context', () => {
  const contextWith = (deadline?: number) => new RequestContext(processContainer(), 'id-1', request, deadline)

  it('lends a plugin the facts of the request, under the exported tokens too', async () => {
    const context = contextWith()
    const scope = await scopeOf(context)
    expect(scope).to.deep.include({ id: 'id-1', account: '', service: 'registry', client: request.client })
    expect(scope.resolve(CLIENT)).to.equal(request.client)
    expect(scope.resolve(TOKEN_REQUEST)).to.deep.equal({ service: 'registry', scopes: request.scopes })
    expect(scope.resolve(IDENTITY)).to.equal(undefined)

    context.accept({ account: 'ann', labels: { team: ['a'] }, authenticator: 'corp' })
    context.bag.add({ team: ['b'] })
    expect(scope.account).to.equal('ann')
    expect({ ...scope.resolve(LABELS) }).to.deep.equal({ team: ['a', 'b'] })
    expect(scope.resolve(IDENTITY)!.labels).to.equal(scope.labels)
  })

  it('lends nothing else of the container', async () => {
    const parent = processContainer()
    const secret = Symbol('keys')
    parent.registerInstance(secret, 'the signing key')
    const scope = await scopeOf(new RequestContext(parent, 'id-1', request))
    for (const token of [secret, 'keys', Symbol.for('keys'), Symbol('keys'), undefined, {}])
      expect(() => scope.resolve(token as never)).to.throw('is no token; make one with createToken')
    const forged = { name: 'keys', version: 1 }
    expect(scope.resolve(forged)).to.equal(undefined)
    expect(scope.resolve({ name: String(secret), version: 1 })).to.equal(undefined)
  })

  it('makes a container of its own when there is something in it, and no sooner', async () => {
    const parent = processContainer()
    let made = 0
    const make = parent.createChildContainer.bind(parent)
    parent.createChildContainer = () => {
      made += 1
      return make()
    }
    const token = createToken<string>('a/b')
    const context = new RequestContext(parent, 'id-1', request)
    const scope = await scopeOf(context)
    expect(scope.resolve(token)).to.equal(undefined)
    expect(made).to.equal(0)
    context.take(new Map([[parent.resolve(TOKEN_TABLE).keyOf(token), 'provided']]))
    expect(scope.resolve(token)).to.equal('provided')
    expect(scope.resolve(LABELS)).to.deep.equal({})
    const other = await scopeOf(new RequestContext(parent, 'id-2', request))
    expect(other.resolve(token)).to.equal(undefined)
    expect(other.resolve(CLIENT)).to.equal(request.client)
    expect(made).to.equal(2)
  })

  it('puts the request’s id on every line that a plugin logs', async () => {
    const instance = instanceWith(1_000)
    await contextWith().call(instance, async ({ log }) => log.info({ request: 'forged', a: 1 }, 'hello'))
    const { lines } = instance.log as ReturnType<typeof keptLog>
    expect(lines).to.deep.equal([{ level: 'info', facts: { a: 1, request: 'id-1' }, message: 'hello' }])
  })

  it('takes no more labels once they are frozen', () => {
    const { bag } = contextWith()
    bag.freeze()
    expect(() => bag.add({ team: ['x'] })).to.throw('frozen')
    expect(bag.labels).to.deep.equal({})
  })

  it('keeps its labels to itself', () => {
    const parent = processContainer()
    const [first, second] = [
      new RequestContext(parent, '1', request),
      new RequestContext(parent, '2', request),
    ]
    first.bag.add({ team: ['x'] })
    const key = parent.resolve(TOKEN_TABLE).keyOf(LABELS)
    expect(second.container.resolve(key)).to.deep.equal({})
    expect(parent.isRegistered(key, true)).to.equal(false)
  })

  const outcome = (call: unknown) => Promise.resolve(call).then(String, (error: Error) => error.message)

  it('gives a call the time of the instance', async () => {
    expect(await outcome(contextWith(60_000).call(instanceWith(10), hang))).to.equal(
      'did not answer within 0.01 s',
    )
  })

  it('gives a call no more than what is left of the request’s time', async () => {
    const context = contextWith(20)
    expect(await outcome(context.call(instanceWith(60_000), hang))).to.match(
      /^did not answer within 0\.0\d+ s$/,
    )
    expect(await outcome(context.call(instanceWith(60_000), hang))).to.equal(
      'was not asked: the time of the request is over',
    )
  })

  it('begins no call once the request’s time is over, also when no timer could tell it', async () => {
    let begun = false
    const call = contextWith(0).call(instanceWith(60_000), async () => {
      begun = true
    })
    expect(await outcome(call)).to.equal('was not asked: the time of the request is over')
    expect(begun).to.equal(false)
  })

  it('aborts the signal of a call, with the reason, when its time is over', async () => {
    let held: RequestScope | undefined
    const ask = (scope: RequestScope) => {
      held = scope
      return hang()
    }
    await outcome(contextWith().call(instanceWith(10), ask))
    expect(held!.signal.aborted).to.equal(true)
    expect(held!.signal.reason.message).to.equal('did not answer within 0.01 s')
  })

  const onAbort = (act: (signal: AbortSignal) => never) => (scope: RequestScope) =>
    new Promise<never>((_resolve, reject) => {
      scope.signal.addEventListener('abort', () => {
        try {
          act(scope.signal)
        } catch (error) {
          reject(error)
        }
      })
    })
  const words: [string, (signal: AbortSignal) => never, string][] = [
    [
      'with what the plugin says that it waited for',
      () => {
        throw new Error('ldaps://dc1: no answer in time')
      },
      'did not answer within 0.01 s: ldaps://dc1: no answer in time',
    ],
    [
      'alone when the plugin only hands on the reason',
      (signal) => {
        throw signal.reason
      },
      'did not answer within 0.01 s',
    ],
    [
      'alone when the plugin says that it was aborted',
      () => {
        throw new DOMException('This operation was aborted', 'AbortError')
      },
      'did not answer within 0.01 s',
    ],
  ]
  for (const [what, act, expected] of words) {
    it(`tells that a call's time is over ${what}`, async () => {
      expect(await outcome(contextWith().call(instanceWith(10), onAbort(act)))).to.equal(expected)
    })
  }

  it('takes no answer that comes when the time is over', async () => {
    const late = (scope: RequestScope) =>
      new Promise<string>((resolve) => scope.signal.addEventListener('abort', () => resolve('late')))
    expect(await outcome(contextWith().call(instanceWith(10), late))).to.equal('did not answer within 0.01 s')
  })

  it('does not abort the signal of a call that answered', async () => {
    const signal = await contextWith().call(instanceWith(500), async (scope) => scope.signal)
    await outcome(contextWith().call(instanceWith(510), hang))
    expect(signal.aborted).to.equal(false)
  })

  it('ends the calls under way when it is cancelled, and begins no other', async () => {
    const context = contextWith()
    const signals: AbortSignal[] = []
    const ask = ({ signal }: RequestScope) => {
      signals.push(signal)
      return hang()
    }
    const calls = [1, 2].map(() => outcome(context.call(instanceWith(60_000), ask)))
    const answered = await context.call(instanceWith(60_000), async ({ signal }) => signal)
    const { signal } = context
    expect(signal.aborted).to.equal(false)

    const gone = new Error('gone')
    context.cancel(gone)
    context.cancel(new Error('again'))
    for (const call of calls) expect(await call).to.equal('nobody waits for the answer any more')
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true])
    expect([answered.aborted, signal.aborted, signal.reason]).to.deep.equal([false, true, gone])
    expect(await outcome(context.call(instanceWith(60_000), ask))).to.equal('gone')
    expect(signals).to.have.length(2)
    expect(() => context.assertWanted()).to.throw(gone)
  })

  it('is not cancelled for what may outlive it', async () => {
    const context = contextWith()
    const lasting = context.withDeadline(1_000)
    context.cancel(new Error('gone'))
    expect(await lasting.call(instanceWith(1_000), async () => 'done')).to.equal('done')
  })

  it('gives an answer that is there at once as it is, and aborts nothing', () => {
    const context = contextWith()
    let held: RequestScope | undefined
    const ask = (scope: RequestScope) => {
      held = scope
      return 'done'
    }
    expect(context.call(instanceWith(60_000), ask)).to.equal('done')
    const { signal } = held!
    context.cancel(new Error('gone'))
    expect(signal.aborted).to.equal(false)
  })

  it('takes no answer that is there at once, when its making took longer than the call may', async () => {
    let held: RequestScope | undefined
    const ask = (scope: RequestScope) => {
      held = scope
      const until = performance.now() + 20
      while (performance.now() < until);
      return 'late'
    }
    expect(await outcome(contextWith().call(instanceWith(10), ask))).to.equal('did not answer within 0.01 s')
    expect(held!.signal.reason.message).to.equal('did not answer within 0.01 s')
  })

  it('waits for what another library calls a promise', async () => {
    const ask = (): Promise<string> => runInNewContext('Promise.resolve("done")')
    expect(await contextWith().call(instanceWith(60_000), ask)).to.equal('done')
  })

  it('takes a plugin that throws before it returns a promise for one that rejects', async () => {
    const ask = () => {
      throw new Error('at once')
    }
    expect(await outcome(contextWith().call(instanceWith(60_000), ask))).to.equal('at once')
  })
})
