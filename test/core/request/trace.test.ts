// What a trace learns of a request: who was asked, what each said, and why.
import { expect } from 'chai'
import { noteSecret, withSecrets } from '../../../core/kit/request-secrets.ts'
import {
  type Authenticator,
  accept,
  type Credentials,
  explained,
  grant,
  type Labeler,
  pass,
  reject,
  Secret,
} from '../../../core/plugin.ts'
import type { Accepted } from '../../../core/request/authn-answer.ts'
import { RequestContext } from '../../../core/request/context.ts'
import { CHAINS, decide } from '../../../core/request/pipeline.ts'
import type { TraceStep } from '../../../core/request/trace.ts'
import { Remembered } from '../../../core/work/remembered.ts'
import { instanceOf, requestOf, resourceOf, servicesOf } from './steps.ts'

const scopes = [resourceOf('repository:app:pull,push')]

interface Chain {
  readonly authenticators?: readonly ReturnType<typeof instanceOf<'authenticator'>>[]
  readonly labelers?: readonly ReturnType<typeof instanceOf<'labeler'>>[]
  readonly authorizers?: readonly ReturnType<typeof instanceOf<'authorizer'>>[]
}

const welcome = instanceOf('authenticator', 'in', { authenticate: async () => accept() })

async function traced(chain: Chain, request = requestOf({ scopes })) {
  const { services } = servicesOf()
  services.registerInstance(CHAINS, { authenticators: [welcome], labelers: [], authorizers: [], ...chain })
  const steps: TraceStep[] = []
  const context = new RequestContext(
    services,
    'id-1',
    request,
    undefined,
    [],
    (step) => void steps.push(step),
  )
  const decision = await decide(context).catch((error: Error) => error)
  return { steps, decision }
}

/** @param more in the place of its parts */
function explainer(outcome: ReturnType<typeof accept>, why: string, asked: string[] = []): Authenticator {
  return {
    answersFrom: 'password',
    authenticate: async () => expect.fail('the main method was asked too'),
    explain: async () => {
      asked.push('explain')
      return { outcome, why: [why], facts: { a: 1 } }
    },
  }
}

describe('a trace', () => {
  it('learns of each step who was asked, what it said, and why', async () => {
    const { steps, decision } = await traced({
      authenticators: [
        instanceOf('authenticator', 'first', explainer(pass, 'not in the list')),
        instanceOf('authenticator', 'second', explainer(accept({ labels: { team: ['red'] } }), 'it is')),
      ],
      labelers: [
        instanceOf('labeler', 'office', {
          label: async () => expect.fail('the main method was asked too'),
          explain: async ({ account }) => ({ outcome: { shift: ['day'] }, why: [`${account} works by day`] }),
        }),
      ],
      authorizers: [
        instanceOf('authorizer', 'silent', { authorize: async () => pass }),
        instanceOf('authorizer', 'rules', {
          authorize: async () => expect.fail('the main method was asked too'),
          explain: async () =>
            explained((why) => {
              why.say('rule 1 yes')
              return grant(['pull'], 'rule 1')
            }),
        }),
      ],
    })
    expect(decision).to.have.nested.property('scopes.0.rule', 'rule 1')
    expect(steps).to.deep.equal([
      {
        kind: 'authenticator',
        id: 'first',
        plugin: 'test',
        asked: 'authenticate',
        outcome: 'pass',
        why: ['not in the list'],
        facts: { a: 1 },
      },
      {
        kind: 'authenticator',
        id: 'second',
        plugin: 'test',
        asked: 'authenticate',
        outcome: 'accept',
        account: 'alice',
        labels: Object.assign(Object.create(null), { team: ['red'] }),
        why: ['it is'],
        facts: { a: 1 },
      },
      {
        kind: 'labeler',
        id: 'office',
        plugin: 'test',
        asked: 'label',
        outcome: 'labels',
        labels: Object.assign(Object.create(null), { shift: ['day'] }),
        why: ['alice works by day'],
      },
      {
        kind: 'authorizer',
        id: 'silent',
        plugin: 'test',
        asked: 'authorize',
        resource: scopes[0],
        outcome: 'pass',
        why: [],
      },
      {
        kind: 'authorizer',
        id: 'rules',
        plugin: 'test',
        asked: 'authorize',
        resource: scopes[0],
        outcome: 'grant',
        actions: ['pull'],
        rule: 'rule 1',
        why: ['rule 1 yes'],
      },
    ])
  })

  it('asks for itself: no answer that others share, and none that is remembered', async () => {
    const asked: string[] = []
    const memory = new Remembered<Accepted>(60_000)
    const instance = instanceOf('authenticator', 'in', explainer(accept(), 'yes', asked), { memory })
    for (let time = 0; time < 2; time += 1) await traced({ authenticators: [instance] })
    expect(asked).to.deep.equal(['explain', 'explain'])
  })

  it('learns why one rejects, without the password that it repeats', async () => {
    const password = 'open sesame 1'
    const credentials: Credentials = { kind: 'password', account: 'alice', password: new Secret(password) }
    const instance = instanceOf('authenticator', 'in', {
      authenticate: async () => pass,
      explain: async () => ({
        outcome: reject(`"${password}" is wrong`),
        why: [`sent ${password}, and dwp_${'aB3'.repeat(12)}`],
        facts: { sent: { password } },
      }),
    })
    const { steps } = await withSecrets(() => {
      noteSecret(password)
      return traced({ authenticators: [instance] }, requestOf({ credentials }))
    })
    expect(steps[0]).to.deep.include({
      outcome: 'reject',
      reason: '"***" is wrong',
      why: ['sent ***, and dwp_***'],
      facts: { sent: { password: '***' } },
    })
  })

  it('learns what was said before one could not answer', async () => {
    const broken: Labeler = {
      label: async () => ({}),
      explain: () =>
        explained((why) => {
          why.say('asked the directory')
          throw new Error('backend down')
        }),
    }
    const { steps, decision } = await traced({ labelers: [instanceOf('labeler', 'corp', broken)] })
    expect(decision).to.have.property('status', 503)
    expect(steps.at(-1)).to.deep.include({
      outcome: 'unavailable',
      reason: 'backend down',
      why: ['asked the directory'],
    })
  })

  const bad: [string, unknown, RegExp][] = [
    ['nothing', undefined, /^explain returned nothing; return \{ outcome, why/],
    ['no list', { outcome: {}, why: 'because' }, /a why that is no list of sentences/],
    ['what are no texts', { outcome: {}, why: [1] }, /a why that is no list of sentences/],
    ['no labels', { outcome: { a: 1 }, why: [] }, /label "a"/],
  ]
  for (const [name, given, reason] of bad) {
    it(`takes no explanation that is ${name}`, async () => {
      const labeler: Labeler = { label: async () => ({}), explain: async () => given as never }
      const { steps, decision } = await traced({ labelers: [instanceOf('labeler', 'corp', labeler)] })
      expect(decision).to.have.property('status', 503)
      expect(steps.at(-1)!.outcome).to.equal('unavailable')
      expect(steps.at(-1)!.reason).to.match(reason)
    })
  }

  it('is bounded', async () => {
    const why = Array.from({ length: 1_000 }, () => 'x'.repeat(5_000))
    const labeler: Labeler = {
      label: async () => ({}),
      explain: async () => ({ outcome: {}, why, facts: why }),
    }
    const { steps } = await traced({ labelers: [instanceOf('labeler', 'corp', labeler)] })
    const step = steps.at(-1)!
    expect(step.why).to.have.length(201)
    expect(step.why.at(-1)).to.equal('800 more sentences are left out')
    expect(step.why[0]!.length).to.be.lessThan(1_100)
    expect(step.facts).to.have.property('left_out')
  })

  it('is what nobody else has: without one, no plugin is asked to explain', async () => {
    const { services } = servicesOf()
    const authenticate = async () => accept()
    const explain = async () => expect.fail('was asked to explain')
    const authenticators = [instanceOf('authenticator', 'in', { authenticate, explain })]
    services.registerInstance(CHAINS, { authenticators, labelers: [], authorizers: [] })
    const { identity } = await decide(new RequestContext(services, 'id-1', requestOf()))
    expect(identity.account).to.equal('alice')
  })
})
