// From who asks to what is decided: the steps together, without HTTP.
import { expect } from 'chai'
import { accept, createToken, grant, type Labels, pass, reject } from '../../../core/plugin.ts'
import type { DecidedBy } from '../../../core/request/decided.ts'
import { CHAINS, type Chains, decide } from '../../../core/request/pipeline.ts'
import { SIGN_IN_SESSIONS } from '../../../core/request/sign-in-sessions.ts'
import { TOKEN_KEEPER } from '../../../core/token/keeper.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'
import { causeOf, contextOf, failureOf, instanceOf, requestOf, resourceOf, servicesOf } from './steps.ts'

const ENTRY = createToken<string>('test/entry')
const provides = { provides: new Set(['test/entry']) }

const users = instanceOf(
  'authenticator',
  'users',
  {
    authenticate: async (_, scope) => {
      scope.provide(ENTRY, 'cn=alice')
      return accept({ account: 'Alice', labels: { group: ['dev'] } })
    },
  },
  provides,
)

/** Labels everybody, and notes whom. */
function teams(seen: unknown[]) {
  return instanceOf('labeler', 'teams', {
    label: async (identity, scope) => {
      seen.push([identity.account, scope.resolve(ENTRY)])
      return { team: ['x'] }
    },
  })
}

/** Grants what the label `group` allows. */
const byGroup = instanceOf('authorizer', 'rules', {
  authorize: async ({ actions }, { labels }) =>
    labels.group?.includes('dev') ? grant(actions, 'rule 1') : pass,
})

function begin(chains: Partial<Chains>, kept?: object) {
  const { services } = servicesOf()
  services.registerInstance(CHAINS, { authenticators: [], labelers: [], authorizers: [], ...chains })
  const used: unknown[] = []
  const keeper = {
    find: async () => kept,
    noteUse: async (...given: unknown[]) => void used.push(given),
  }
  services.registerInstance(TOKEN_KEEPER, keeper as never)
  services.registerInstance(SIGN_IN_SESSIONS, {} as never)
  const scopes = ['repository:app:pull,push', 'repository:other:pull'].map(resourceOf)
  const own = { kind: 'personal', account: 'ci', token: createSecretToken('personal'), refusal: 401 } as const
  const request = requestOf({ scopes, ...(kept && { credentials: own }) })
  const decided: DecidedBy = {}
  return { decided, used, decision: decide(contextOf(request, services), decided) }
}

const plain = (labels: Labels | undefined) => ({ ...labels })

describe('the steps of a request', () => {
  it('authenticate, label and authorize, and hand on what is known', async () => {
    const seen: unknown[] = []
    const chains = { authenticators: [users], labelers: [teams(seen)], authorizers: [byGroup] }
    const { decision, decided } = begin(chains)
    const { identity, scopes, proof } = await decision
    expect(seen).to.deep.equal([['Alice', 'cn=alice']])
    expect({ ...identity, labels: plain(identity.labels) }).to.deep.equal({
      account: 'Alice',
      labels: { group: ['dev'], team: ['x'] },
      authenticator: 'users',
    })
    expect(plain(proof.identity.labels)).to.deep.equal({ group: ['dev'] })
    expect(scopes.map(({ actions, rule }) => [actions.join(), rule])).to.deep.equal([
      ['pull,push', 'rule 1'],
      ['pull', 'rule 1'],
    ])
    expect({ ...decided, labels: plain(decided.labels) }).to.deep.equal({
      authenticator: 'users',
      asked: ['users: accept'],
      labels: { group: ['dev'], team: ['x'] },
    })
  })

  it('give a robot account the labels of its token alone, and what its token is limited to', async () => {
    const seen: unknown[] = []
    const chains = { authenticators: [users], labelers: [teams(seen)], authorizers: [byGroup] }
    const kept = {
      id: 't',
      kind: 'personal',
      account: 'ci',
      labels: { group: ['dev'] },
      allow: ['repository:app:pull'],
    }
    const { decision, decided, used } = begin(chains, kept)
    const { identity, scopes } = await decision
    expect(seen).to.deep.equal([])
    expect(plain(identity.labels)).to.deep.equal({ group: ['dev'] })
    expect(scopes.map(({ actions, authorizer }) => [actions.join(), authorizer])).to.deep.equal([
      ['pull', 'rules'],
      ['', 'token'],
    ])
    expect(used).to.have.length(1)
    expect({ ...decided, labels: plain(decided.labels) }).to.deep.equal({
      token: 't',
      owner: 'ci',
      asked: [],
      labels: { group: ['dev'] },
    })
  })

  it('end with the first that fails, and what was known by then is noted', async () => {
    const no = instanceOf('authenticator', 'no', { authenticate: async () => reject('locked') })
    const refused = begin({ authenticators: [no], labelers: [teams([])] })
    expect((await failureOf(refused.decision)).status).to.equal(401)
    expect(refused.decided).to.deep.equal({ authenticator: 'no', asked: ['no: reject'] })

    const down = instanceOf('labeler', 'down', {
      label: async () => {
        throw new Error('backend down')
      },
    })
    const failed = begin({ authenticators: [users], labelers: [teams([]), down] })
    expect(causeOf(await failureOf(failed.decision))).to.equal('plugin test (id down): backend down')
    expect(plain(failed.decided.labels)).to.deep.equal({ group: ['dev'], team: ['x'] })
  })
})
