// What may the account do? The chain of authorizers, without HTTP.
import { expect } from 'chai'
import { type AuthzOutcome, deny, grant, pass, type ResourceRequest } from '../../../core/plugin.ts'
import { authorize } from '../../../core/request/authorize.ts'
import { ClientGone } from '../../../core/request/errors.ts'
import { allowance } from '../../../core/token/allowance.ts'
import { causeOf, contextOf, failureOf, instanceOf, requestOf, resourceOf } from './steps.ts'

const authorizer = (id: string, answer: (resource: ResourceRequest) => unknown) =>
  instanceOf('authorizer', id, { authorize: async (resource) => (await answer(resource)) as AuthzOutcome })

/** One that notes what it is asked about. */
function noting(seen: ResourceRequest[], answer: (resource: ResourceRequest) => AuthzOutcome) {
  return authorizer('a', (resource) => {
    seen.push(resource)
    return answer(resource)
  })
}

const contextFor = (...scopes: string[]) => contextOf(requestOf({ scopes: scopes.map(resourceOf) }))
const down = () => {
  throw new Error('backend down')
}

describe('authorize', () => {
  // What each says about `pull,push`; the granted actions; who decided, and its rule.
  const table: [string, unknown[], string, string | undefined, string | undefined][] = [
    ['nobody', [], '', undefined, undefined],
    ['a pass', [pass], '', undefined, undefined],
    ['two passes', [pass, pass], '', undefined, undefined],
    ['a grant', [grant(['pull', 'push'], 'rule 1')], 'pull,push', 'a', 'rule 1'],
    ['a grant without a rule', [grant(['pull'])], 'pull', 'a', undefined],
    ['a grant in another order', [grant(['push', 'pull'])], 'pull,push', 'a', undefined],
    ['a grant of more than was asked', [grant(['delete', 'pull', '*'])], 'pull', 'a', undefined],
    ['a grant of other actions', [grant(['delete'])], '', 'a', undefined],
    ['a grant of nothing, before another', [grant([]), grant(['pull'])], '', 'a', undefined],
    ['a grant, before a denial', [grant(['pull']), deny()], 'pull', 'a', undefined],
    ['a denial, before a grant', [deny('rule 2'), grant(['pull'])], '', 'a', 'rule 2'],
    ['a denial that names actions', [{ outcome: 'deny', actions: ['pull'] }], '', 'a', undefined],
    ['a pass, before a grant', [pass, grant(['push'], 'r')], 'push', 'b', 'r'],
    ['a pass, before a denial', [pass, deny()], '', 'b', undefined],
  ]
  for (const [name, answers, expected, by, rule] of table) {
    it(`${name}: ${expected || 'nothing'}`, async () => {
      const chain = answers.map((answer, index) => authorizer('ab'[index]!, () => answer))
      const [decision] = await authorize(chain, contextFor('repository:app:pull,push'))
      expect(decision!.resource).to.deep.equal(resourceOf('repository:app:pull,push'))
      expect(decision!.actions.join()).to.equal(expected)
      expect([decision!.authorizer, decision!.rule]).to.deep.equal([by, rule])
    })
  }

  const faults: [string, () => unknown, RegExp][] = [
    ['throws', down, /backend down/],
    ['says what there is not', () => ({ outcome: 'allow' }), /grant/],
    ['grants no list', () => ({ outcome: 'grant', actions: 'pull' }), /grant/],
    ['grants what are no texts', () => ({ outcome: 'grant', actions: [1] }), /grant/],
    ['has a rule that is no text', () => ({ outcome: 'grant', actions: [], rule: 1 }), /rule/],
    ['says nothing', () => undefined, /authorize returned nothing|authorize returned undefined/],
    ['says a text', () => 'grant', /authorize returned (a )?text/],
    ['says null', () => null, /authorize returned (null|empty|nothing)/],
  ]
  for (const [name, answer, reason] of faults) {
    it(`is 503 for the whole request when one ${name}: to skip it could skip its denial`, async () => {
      const broken = authorizer('a', answer)
      const context = contextFor('repository:app:pull')
      const error = await failureOf(
        authorize([broken, authorizer('b', () => expect.fail('was asked'))], context),
      )
      expect(error.status).to.equal(503)
      expect(causeOf(error))
        .to.match(reason)
        .and.match(/^plugin test \(id a\): /)
      expect(context.cancelled).to.equal(error)
      expect(broken.log.lines.map(({ level, message }) => [level, message])).to.deep.equal([
        ['error', 'authorizer could not be asked'],
      ])
    })
  }

  it('decides on each scope by itself, in the order asked', async () => {
    const asked = [
      'repository:a:pull',
      'repository:b:pull',
      'registry:catalog:*',
      'repository:a:push',
      'x::y',
    ]
    const chain = [authorizer('a', ({ name, actions }) => (name === 'b' ? deny() : grant(actions)))]
    const decisions = await authorize(chain, contextFor(...asked))
    expect(decisions.map(({ resource }) => resource)).to.deep.equal(asked.map(resourceOf))
    expect(decisions.map(({ actions }) => actions.join())).to.deep.equal(['pull', '', '*', 'push', 'y'])
    expect(await authorize(chain, contextFor())).to.deep.equal([])
  })

  it('asks about eight scopes at once, and no more', async () => {
    const waiting: (() => void)[] = []
    const chain = [
      authorizer('a', async () => {
        await new Promise<void>((resolve) => waiting.push(resolve))
        return grant(['pull'])
      }),
    ]
    const step = authorize(
      chain,
      contextFor(...Array.from({ length: 11 }, (_, n) => `repository:a${n}:pull`)),
    )
    expect(waiting.length).to.equal(8)
    for (let done = 0; done < 11; done++) {
      waiting[done]!()
      await new Promise(setImmediate)
      expect(waiting.length).to.equal(Math.min(11, 9 + done))
    }
    expect((await step).every(({ actions }) => actions.join() === 'pull')).to.equal(true)
  })

  it('takes no more labels once it has begun', async () => {
    const context = contextFor()
    await authorize([], context)
    expect(() => context.bag.add({ group: ['dev'] })).to.throw('frozen')
  })

  it('shows plugins nothing that they can change', async () => {
    const seen: ResourceRequest[] = []
    const chain = [noting(seen, () => pass)]
    await authorize(chain, contextFor('repository:a:pull,push'), () => ['pull'])
    expect(seen).to.deep.equal([resourceOf('repository:a:pull')])
    expect(Object.isFrozen(seen[0]) && Object.isFrozen(seen[0]!.actions)).to.equal(true)
  })

  // What a token is limited to; what is asked; what authorizers are asked about; what is granted when they grant all.
  const limited: [string[], string, string | undefined, string][] = [
    [['repository:app:pull'], 'repository:app:pull', 'repository:app:pull', 'pull'],
    [['repository:app:pull'], 'repository:app:pull,push', 'repository:app:pull', 'pull'],
    [['repository:app:pull'], 'repository:app:push', undefined, ''],
    [['repository:app:pull'], 'repository:other:pull', undefined, ''],
    [['repository:app:pull'], 'repository:app:', 'repository:app:', ''],
  ]
  for (const [allow, asked, shown, granted] of limited) {
    it(`of a token limited to ${allow.join()}, ${asked} is ${granted || 'nothing'}`, async () => {
      const seen: ResourceRequest[] = []
      const chain = [noting(seen, ({ actions }) => grant(actions))]
      const [decision] = await authorize(chain, contextFor(asked), allowance(allow))
      expect(seen).to.deep.equal(shown === undefined ? [] : [resourceOf(shown)])
      expect(decision!.resource).to.deep.equal(resourceOf(asked))
      expect(decision!.actions.join()).to.equal(granted)
      const rule = 'it is limited to other resources or actions'
      if (shown === undefined) expect(decision).to.include({ authorizer: 'token', rule })
    })
  }

  it('ends with the reason when the request is cancelled', async () => {
    const context = contextFor('repository:app:pull')
    const hanging = authorizer('a', () => new Promise(() => {}))
    const step = authorize([hanging], context)
    context.cancel(new ClientGone())
    expect(await step.catch((error: Error) => error.name)).to.equal('ClientGone')
    expect(hanging.log.lines).to.deep.equal([])
  })
})
