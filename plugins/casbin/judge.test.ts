// What models and policies mean, and which ones are refused.
import { expect } from 'chai'
import { atOnce } from '../../core/plugin.ts'
import { createJudge, MOST_LINES, type Question } from './judge.ts'

interface Model {
  readonly request?: string
  readonly policy?: string
  readonly effect?: string
  readonly matcher?: string
  readonly roles?: string
}

const ALLOW = 'some(where (p.eft == allow))'
const DENY = 'some(where (p.eft == allow)) && !some(where (p.eft == deny))'

function modelOf({ request, policy, effect, matcher, roles }: Model): string {
  return [
    `[request_definition]\nr = ${request ?? 'account, type, name, service, ip, action, labels'}`,
    `[policy_definition]\np = ${policy ?? 'account, name'}`,
    ...(roles ? [`[role_definition]\ng = ${roles}`] : []),
    `[policy_effect]\ne = ${effect ?? ALLOW}`,
    `[matchers]\nm = ${matcher ?? 'r.account == p.account && keyMatch(r.name, p.name)'}`,
  ].join('\n')
}

/** A judge that is asked in one piece. */
async function judgeOf(model: Model, policy: string) {
  const judge = atOnce(createJudge({ model: modelOf(model), policy }))
  return { ...judge, ask: (question: Question) => atOnce(judge.ask(question)) }
}

const ANN: Question = {
  account: 'ann',
  type: 'repository',
  name: 'ann/app',
  service: 'reg',
  ip: '10.0.0.1',
  action: 'pull',
  labels: '{}',
}

describe('a casbin model', () => {
  it('names the line that decides', async () => {
    const judge = await judgeOf({}, '# nobody else\np, bob, *\n\np, ann, ann/*')
    expect(judge.ask(ANN)).to.deep.equal({ allowed: true, line: 4 })
    expect(judge.ask({ ...ANN, account: 'eve' })).to.deep.equal({ allowed: false, line: undefined })
  })

  it('lets a deny win', async () => {
    const policy = 'p, ann, ann/*, allow\np, ann, ann/secret, deny'
    const judge = await judgeOf({ policy: 'account, name, eft', effect: DENY }, policy)
    expect(judge.ask(ANN).allowed).to.equal(true)
    expect(judge.ask({ ...ANN, name: 'ann/secret' })).to.deep.equal({ allowed: false, line: 2 })
  })

  it('follows priorities, not the order of the file', async () => {
    const model = { policy: 'priority, account, name, eft', effect: 'priority(p.eft) || deny' }
    const judge = await judgeOf(model, 'p, 10, ann, *, allow\np, 2, ann, ann/*, deny')
    expect(judge.ask(ANN)).to.deep.equal({ allowed: false, line: 2 })
    expect(judge.ask({ ...ANN, name: 'b' })).to.deep.equal({ allowed: true, line: 1 })
  })

  it('follows roles of roles, and roles within a domain', async () => {
    const matcher = 'g(r.account, p.account) && keyMatch(r.name, p.name)'
    const chain = await judgeOf({ matcher, roles: '_, _' }, 'p, c, *\ng, ann, b\ng, b, c')
    expect(chain.ask(ANN).allowed).to.equal(true)
    const domain = await judgeOf(
      { matcher: 'g(r.account, p.account, r.service)', roles: '_, _, _' },
      'p, admin, *\ng, ann, admin, reg',
    )
    expect(domain.ask(ANN).allowed).to.equal(true)
    expect(domain.ask({ ...ANN, service: 'other' }).allowed).to.equal(false)
  })

  it('follows roles in a ring, at most ten steps, and whoever is called like a role has it', async () => {
    const matcher = 'g(r.account, p.account) && keyMatch(r.name, p.name)'
    const chain = (length: number) =>
      Array.from({ length }, (_, index) => `g, ${index === 0 ? 'ann' : `r${index}`}, r${index + 1}`).join(
        '\n',
      )
    const asked = async (policy: string, account = 'ann') =>
      (await judgeOf({ matcher, roles: '_, _' }, policy)).ask({ ...ANN, account }).allowed
    expect(await asked(`p, r10, *\n${chain(10)}`)).to.equal(true)
    expect(await asked(`p, r11, *\n${chain(11)}`)).to.equal(false)
    expect(await asked('p, c, *\ng, ann, b\ng, b, ann')).to.equal(false)
    expect(await asked('p, admin, *\ng, ann, admin', 'admin')).to.equal(true)
  })

  const roles: [string, Model, string, RegExp | undefined][] = [
    [
      'an account can have',
      { roles: '_, _', matcher: 'g(r.account, p.account)' },
      'g, ann, admin',
      /"admin"/,
    ],
    [
      'an account can have, with domains',
      { roles: '_, _, _', matcher: 'g(r.account, p.account, r.service)' },
      'g, ann, admin, reg',
      /"admin"/,
    ],
    [
      'no client can send',
      { roles: '_, _', matcher: 'g(r.account, p.account)' },
      'g, ann, role:admin',
      undefined,
    ],
    ['are of resources', { roles: '_, _', matcher: 'g(r.name, p.name)' }, 'g, ann/app, apps', undefined],
    ['are not there', {}, 'p, ann, *', undefined],
  ]
  for (const [what, model, policy, doubt] of roles) {
    it(`${doubt ? 'is doubtful' : 'is fine'} with names of roles that ${what}`, async () => {
      const judge = await judgeOf(model, policy)
      if (doubt)
        expect(judge.doubt)
          .to.match(doubt)
          .and.match(/such as "role:admin"/)
      else expect(judge.doubt).to.equal(undefined)
    })
  }

  it('knows in, not and comparisons', async () => {
    const matcher = 'r.action in ("pull", "push") && !(r.account != p.account) && p.name != ""'
    const judge = await judgeOf({ matcher }, 'p, ann, x')
    expect(judge.ask(ANN).allowed).to.equal(true)
    expect(judge.ask({ ...ANN, action: 'delete' }).allowed).to.equal(false)
  })

  it('lets in bind as tightly as a comparison', async () => {
    const matcher =
      'r.account == "x" || r.action in ("pull", "a) && (b") && (p.account == r.account && r.type in (p.name))'
    const judge = await judgeOf({ matcher }, 'p, ann, repository')
    expect(judge.ask(ANN).allowed).to.equal(true)
    expect(judge.ask({ ...ANN, action: 'push' }).allowed).to.equal(false)
    expect(judge.ask({ ...ANN, type: 'registry' }).allowed).to.equal(false)
    expect(judge.ask({ ...ANN, account: 'x', action: 'push' }).allowed).to.equal(true)
  })

  it('takes no part of a question for a part of the matcher', async () => {
    const judge = await judgeOf({}, 'p, ann, x')
    for (const text of ['" || true || "', "' || 1 == 1 || '", 'p.account', 'ann") || ("', 'r.name || true']) {
      expect(judge.ask({ ...ANN, account: text, name: text, labels: text }).allowed).to.equal(false)
    }
  })

  it('fails when a function can not work with what it gets', async () => {
    const judge = await judgeOf({ matcher: 'regexMatch(r.name, p.name)' }, 'p, x, (')
    expect(() => judge.ask(ANN)).to.throw('regexMatch: "(" is no valid RE2 regular expression')
    const labels = await judgeOf({ matcher: 'labelMatch(r.labels, r.name)' }, '')
    expect(() => labels.ask({ ...ANN, name: '{"a":"b"}' })).to.throw('labelMatch: ')
  })

  const refused: [string, Model, RegExp][] = [
    [
      'another request',
      { request: 'sub, obj, act' },
      /^model: the request is defined by 3 names; write r = account/,
    ],
    ['no matcher', { matcher: '' }, /^model: missing required sections: matchers/],
    ['a matcher that is no expression', { matcher: 'r.account ==' }, /^model: /],
    ['an unknown effect', { effect: 'some(where (p.eft == maybe))' }, /^model: unsupported effect/],
    [
      'a misspelt function',
      { matcher: '!keyMatsh(r.name, p.name)' },
      /^model: .*"?keyMatsh.*did you mean "keyMatch"/,
    ],
    ['a misspelt field', { matcher: 'r.name != p.nane' }, /^model: .*p\.nane, .*did you mean "p\.name"/],
    [
      'a field of a field',
      { matcher: 'r.name.constructor == p.name' },
      /^model: .*constructor, which is not defined/,
    ],
    ['a name outside ASCII', { matcher: 'r.name != é' }, /^model: .*é, which is not defined/],
    ['the evaluator itself', { matcher: '!this' }, /^model: .*this, which is not defined/],
    [
      'in with something else than a list',
      { matcher: 'r.name in p.name' },
      /^model: the matcher uses `in`; write/,
    ],
    ['a policy as a program', { matcher: 'eval(p.name)' }, /^model: .*eval\(\)/],
  ]
  for (const [what, model, message] of refused) {
    it(`is refused with ${what}`, () => expectRefusal(judgeOf(model, 'p, ann, x'), message))
  }
})

describe('a casbin policy', () => {
  const labelled: Model = { policy: 'account, labels', matcher: 'labelMatch(r.labels, p.labels)' }
  const refused: [string, Model, string, RegExp][] = [
    ['too few fields', {}, 'p, ann, x\n\np, ann', /^policy: line 3: p has 1 fields; the model defines 2/],
    ['too many fields', {}, 'p, ann, x, y', /^policy: line 1: p has 3 fields/],
    ['a kind that the model lacks', {}, 'g, ann, admin', /^policy: line 1: the model defines no "g"/],
    ['a kind of other sections', {}, 'r, a, b', /^policy: line 1: the model defines no "r"/],
    ['a text behind a quote', {}, 'p, "ann" x, y', /^policy: line 1: there is a quote/],
    ['a quote that stays open', {}, 'p, "ann, y', /^policy: line 1: there is a quote/],
    ['labels that are no JSON', labelled, 'p, a, dev', /^policy: line 1: "dev" are no labels; write JSON/],
    ['labels without lists', labelled, 'p, a, "{""group"":""dev""}"', /^policy: line 1: .* are no labels/],
    ['too many lines', {}, 'p, ann, x\n'.repeat(MOST_LINES + 1), /^policy: there are 20001 lines/],
  ]
  for (const [what, model, policy, message] of refused) {
    it(`is refused with ${what}`, () => expectRefusal(judgeOf(model, policy), message))
  }

  it('may be empty: then only what the matcher says by itself is allowed', async () => {
    const judge = await judgeOf({ matcher: 'r.account == "root" || r.account == p.account' }, '')
    expect(judge.ask({ ...ANN, account: 'root' }).allowed).to.equal(true)
    expect(judge.ask(ANN).allowed).to.equal(false)
    expect(judge.ask({ ...ANN, account: '' }).allowed).to.equal(true)
  })

  it('reads labels that are empty as no condition', async () => {
    const judge = await judgeOf(labelled, 'p, a,')
    expect(judge.ask(ANN)).to.deep.equal({ allowed: true, line: 1 })
  })
})

async function expectRefusal(making: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await making.then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect(error?.message).to.match(message)
}
