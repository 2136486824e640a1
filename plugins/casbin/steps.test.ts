// A policy is asked and read in parts: one client's hundred scopes hold up nobody else, end with their request, and have a bound.
import { expect } from 'chai'
import { inSlices } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { Budget } from '../../core/work/budget.ts'
import { createTurns } from '../../core/work/turns.ts'
import { HandLoop } from '../../test/support/hand-loop.ts'
import plugin from './index.ts'
import { createJudge } from './judge.ts'

const MODEL = `
[request_definition]
r = account, type, name, service, ip, action, labels
[policy_definition]
p = account, name, action
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.account, p.account) && regexMatch(r.name, p.name) && regexMatch(r.action, p.action)
`
const LINES = 5_000
const POLICY = Array.from(
  { length: LINES },
  (_, index) => `p, role:${index % 50}, ^team-${index}/, ^pull$\ng, user-${index}, role:${index % 50}`,
).join('\n')
const ACTIONS = Array.from({ length: 32 }, (_, index) => `action-${index}`)

async function make() {
  const files = {
    ...testHost().files,
    resolve: (path: string) => path,
    load: async (path: string) => (path === 'model' ? MODEL : POLICY),
    watch: () => ({ stop: async () => {} }),
  }
  return await plugin.create({ model: 'model', policy: 'policy' }, testHost({ files }))
}

const resource = { type: 'repository', name: 'team-7/app', actions: ACTIONS }

describe('the steps of casbin', () => {
  it('are a few for each line and action, and others have their turns in between', async () => {
    const instance = await make()
    const loop = new HandLoop()
    const work = new Budget(createTurns(loop), 10_000_000).work()
    const request = { ...testRequest({ account: 'user-7' }), work }
    const outcome = await loop.until(Promise.resolve(instance.authorize(resource, request)))
    expect(outcome.outcome).to.equal('grant')
    // A slice is 8 looks at the clock, one for each 200 steps.
    expect(loop.turns).to.be.above((LINES * ACTIONS.length) / 200 / 8 / 2)
  })

  it('are counted over all scopes of a request: too many are an error, never a denial', async () => {
    const instance = await make()
    const request = testRequest({ account: 'user-7', steps: 1_000_000 })
    let answered = 0
    const failure = await (async () => {
      for (; answered < 100; answered += 1) await instance.authorize(resource, request)
    })().then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).to.match(/more than 1000000 steps; .*server\.limits\.rule_steps/)
    expect(answered).to.be.below(8)
  })

  it('end with the request, in the middle of a policy', async () => {
    const instance = await make()
    const loop = new HandLoop()
    const controller = new AbortController()
    const work = new Budget(createTurns(loop)).work(() => controller.signal.throwIfAborted())
    const asked = Promise.resolve(
      instance.authorize(resource, { ...testRequest({ account: 'user-7' }), work }),
    )
    controller.abort(new Error('the client has gone'))
    const failure = await loop.until(asked).then(String, (error: Error) => error.message)
    expect(failure).to.equal('the client has gone')
    expect(loop.turns).to.be.below(3)
  })

  it('what is read is read in parts too, and means what it does read at once', async () => {
    const loop = new HandLoop()
    const work = new Budget(createTurns(loop)).work()
    const judge = await loop.until(inSlices(createJudge({ model: MODEL, policy: POLICY }), work))
    expect(judge.lines).to.equal(2 * LINES)
    expect(loop.turns).to.be.above(10)
  })
})
