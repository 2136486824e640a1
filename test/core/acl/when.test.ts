import { expect } from 'chai'
import type { Facts } from '../../../core/acl/facts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { checkRules, compileRules } from '../../../core/acl/ruleset.ts'

// 02:30 in UTC: the hour that clocks in Berlin skip on this day. A Sunday there, still Saturday in New York.
const SPRING = Date.UTC(2026, 2, 29, 2, 30)

const CLAIMS = {
  sub: 'u-1',
  email: 'ann@example.com',
  email_verified: true,
  groups: ['dev', 'ops'],
  level: 3,
  nothing: null,
  realm_access: { roles: ['admin'] },
}

const ANN: Facts = {
  account: 'ann',
  type: 'repository',
  name: 'team/app',
  service: 'reg',
  ip: '192.0.2.7',
  clientId: 'docker',
  labels: { group: ['dev', 'ops'], constructor: ['x'] },
  actions: ['pull', 'push'],
  claims: CLAIMS,
  now: SPRING,
}

function holds(when: Rule['when'], facts: Partial<Facts> = {}): boolean {
  const rules = compileRules([{ when, actions: ['*'] }], { substitution: 'literal' })
  return rules.decide({ ...ANN, ...facts }) !== undefined
}

describe('acl: when', () => {
  const table: [expression: string, holds: boolean, facts?: Partial<Facts>][] = [
    ['account == "ann" && type == "repository" && name.startsWith("team/") && service == "reg"', true],
    ['type.matches("^repo")', true],
    ['type == "registry"', false],
    ['"dev" in labels.group', true],
    ['"qa" in labels.group', false],
    ['"x" in labels.constructor', true],
    ['"dev" in labels.none', false],
    ['!("dev" in labels.none)', true],
    ['!("dev" in labels["none"])', true],
    ['size(labels.none) == 0', true],
    ['labels.none.all(value, value == "dev")', true],
    ['has(labels.group) && !has(labels.none)', true],
    ['has(labels.none) && "dev" in labels.none', false],
    ['"group" in labels && !("none" in labels)', true],
    ['labels.exists(label, "ops" in labels[label])', true],
    ['labels.group[0] == "dev"', true],
    ['labels.group[7] == "dev"', false],
    ['labels.none[0] == "dev"', false],
    ['"push" in actions && size(actions) == 2', true],
    ['"push" in actions && !("delete" in actions)', false, { actions: ['*'] }],
    ['"push" in actions', true, { actions: ['pull', '*'] }],
    ['actions.exists(action, action == "push")', true, { actions: ['*'] }],
    ['["push", "delete"].exists(action, action in actions)', true, { actions: ['*'] }],
    ['actions.all(action, action in ["pull"])', false, { actions: ['*'] }],
    ['actions == ["pull"]', false, { actions: ['*'] }],
    ['actions == ["*"] && name.startsWith("team/")', true, { actions: ['*'] }],
    ['"push" in actions && !("*" in actions)', false, { actions: ['*'] }],
    ['"dev" in claims.groups && claims.email.endsWith("@example.com") && claims.level > 2', true],
    ['"admin" in claims.realm_access.roles && claims["sub"] == "u-1"', true],
    ['claims.email_verified', true],
    ['has(claims)', true],
    ['!has(claims)', false],
    ['has(claims.email) && !has(claims.phone)', true],
    // What is not there is empty, of the kind that is wanted.
    ['"staff" in claims.roles', false],
    ['!("staff" in claims.roles)', true],
    ['!("staff" in claims.nothing)', true],
    ['!("staff" in claims.resource_access.registry.roles)', true],
    ['claims.roles.all(role, role != "x") && !claims.roles.exists(role, true)', true],
    ['claims.phone.endsWith("7")', false],
    ['claims.phone == "" && claims.phone != "7"', true],
    ['!claims.admin && claims.staff != true', true],
    ['claims.admin ? false : true', true],
    ['claims.roles == []', true],
    ['size(claims.roles) == 0', true],
    ['claims.roles[0] == "x"', false],
    // Emptiness would match anything there: it stays missing, and the condition is not true.
    ['name.startsWith(claims.prefix)', false],
    ['claims.team == name', false, { name: '' }],
    ['claims.level > 2 && claims.height > 2', false],
    ['client.ip == "192.0.2.7" && client.id == "docker"', true],
    ['client.ip == "" && client.id == ""', true, { ip: undefined, clientId: undefined }],
    ['!client.ip.startsWith("10.")', true, { ip: undefined }],
    ['time.now >= timestamp("2026-03-29T00:00:00Z")', true],
    ['time.now < timestamp("2026-03-29T00:00:00Z")', false],
    ['time.now.getHours("Europe/Berlin") == 4', true],
    ['time.now.getDayOfWeek("America/New_York") in [0, 6]', true],
  ]
  for (const [expression, expected, facts] of table) {
    it(`${expression} is ${expected}`, () => expect(holds(expression, facts)).to.equal(expected))
  }

  it('on an action that is denied also denies who asks for everything', () => {
    const set = compileRules(
      [{ when: '"push" in actions', effect: 'deny', actions: ['*'] }, { actions: ['*'] }],
      { substitution: 'literal' },
    )
    const asked = (...actions: string[]) => set.decide({ ...ANN, actions })?.actions
    expect([asked('pull'), asked('push'), asked('*')]).to.deep.equal([['pull'], [], []])
  })

  it('several conditions must all be true, each compiled once for all rules', () => {
    expect(holds(['true', 'account == "ann"'])).to.equal(true)
    expect(holds(['true', 'account == "bob"'])).to.equal(false)
  })

  it('takes the time of the request from the system when none is given', () => {
    expect(holds('time.now > timestamp("2026-01-01T00:00:00Z")', { now: undefined })).to.equal(true)
  })

  for (const expression of ['int(account) == 1', '1 / 0 == 1', 'time.now.getHours(account) == 1']) {
    it(`what can't be told is an error that names the rule, not a rule that is skipped: ${expression}`, () => {
      const rules: Rule[] = [
        { when: expression, effect: 'deny', actions: ['push'], comment: 'Freeze' },
        { actions: ['*'] },
      ]
      const set = compileRules(rules, { substitution: 'literal' })
      expect(() => set.decide(ANN)).to.throw(/^rule 1 \(Freeze\) can't be judged: the expression .* fails/)
    })
  }

  it('is asked only when the rest of the rule matches, and a denial only when it is about what was asked', () => {
    const failing = 'int(account) == 1'
    const rules: Rule[] = [
      { match: { name: 'other/*' }, when: failing, actions: ['*'] },
      { match: { labels: { group: '/^qa$/' } }, when: failing, actions: ['*'] },
      { when: failing, effect: 'deny', actions: ['delete'] },
      { actions: ['*'] },
    ]
    const set = compileRules(rules, { substitution: 'literal' })
    expect(set.decide(ANN)?.rule).to.equal('rule 4')
  })

  const faults: [expression: string, message: RegExp][] = [
    ['acount == "ann"', /Unknown variable: acount.*did you mean "account"\?/],
    ['labels.group == "dev"', /no such overload: list<string> == string/],
    ['client.port == 1', /No such key: port/],
    ['account', /gives string, but true or false is needed/],
    ['time.now.getHours("Europe/Berlni") == 1', /no known time zone; write one such as "Europe\/Berlin"/],
    ['account.getHours("UTC") == 1', /getHours\(\) works on a timestamp with the name of a time zone/],
    ['account ==', /not a valid CEL expression/],
  ]
  for (const [when, message] of faults) {
    it(`is refused at load: ${when}`, () => {
      const [problem, ...others] = checkRules([{ when, actions: [] }], { substitution: 'literal' })
      expect(others).to.deep.equal([])
      expect(problem).to.include({ severity: 'error' })
      expect(problem!.path).to.deep.equal([0, 'when'])
      expect(problem!.message).to.match(message)
    })
  }
})

describe('acl: when, for an account without claims', () => {
  const none = { claims: undefined }

  for (const when of [
    '"dev" in claims.groups',
    '!("dev" in claims.groups)',
    'claims.email == ""',
    'size(claims) == 0',
    'account == "ann" && claims.admin',
    'labels.group.exists(g, g in claims.groups)',
  ]) {
    it(`${when} can not be judged`, () =>
      expect(() => holds(when, none)).to.throw(
        'it reads claims, and the account has none; ask first: has(claims) && ...',
      ))
  }

  const table: [string, boolean][] = [
    ['has(claims) && "dev" in claims.groups', false],
    ['!has(claims) || "dev" in claims.groups', true],
    ['has(claims) ? claims.admin : "dev" in labels.group', true],
    ['labels.group.exists(g, has(claims) && g in claims.groups)', false],
    ['"dev" in labels.group', true],
  ]
  for (const [when, expected] of table)
    it(`${when} is ${expected}`, () => expect(holds(when, none)).to.equal(expected))
})
