// Questions that people have asked in public about docker_auth's ACLs, answered by `dockwarden explain` alone. The number is that of
// docker_auth's issue; configurations and words are our own.
import { expect } from 'chai'
import { type Given, openPlace, type Place } from './explain-steps.ts'

interface Asked {
  /** The number, and the question. */
  readonly question: string
  /** In docker_auth's form. */
  readonly acl: string
  readonly users?: string
  readonly given: Given
  readonly scope: string
  readonly status: number
  /** What must stand in the answer, in this order. */
  readonly answer: readonly string[]
}

const QUESTIONS: readonly Asked[] = [
  {
    question: '326: he has push, so why is his push denied?',
    acl: '- { match: { account: ci }, actions: [push] }',
    given: { account: 'ci' },
    scope: 'repository:app:pull,push',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 yes: grants [push]; [pull] was asked for too, but it grants no more than [push]',
      'granted: push; denied: pull, by acl: rule 1',
    ],
  },
  {
    question: '326: anonymous clients may pull, so why not the one that is logged in?',
    acl: `- { match: { account: "" }, actions: [pull] }
- { match: { account: ci }, actions: [push] }`,
    given: { account: 'ci' },
    scope: 'repository:app:pull',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 no: account is ci, wanted ""',
      'rule 2 at acl.yml:8 yes: grants no more than [push], and [pull] was asked for',
      'denied: pull, by acl: rule 2',
    ],
  },
  {
    question: '14: there are rules for everybody, so why did none match?',
    acl: `- { match: { account: admin }, actions: ["*"] }
- { match: { account: tester, name: test-* }, actions: ["*"] }
- { match: { account: "/.+/" }, actions: [pull] }
- { match: { account: "", name: hello-world }, actions: [pull] }`,
    given: {},
    scope: 'repository:test-busybox:pull,push',
    status: 1,
    answer: [
      'A client without credentials',
      'rule 3 at acl.yml:9 no: account is empty (nobody has logged in), wanted /.+/',
      'rule 4 at acl.yml:10 no: name is test-busybox, wanted hello-world',
      'no rule matches',
      'denied: pull, push, no authorizer decides on it',
    ],
  },
  {
    question: '14: an empty list of actions denies',
    acl: `- { match: { account: tester, name: test-* }, actions: ["*"] }
- { match: { account: tester }, actions: [] }
- { match: { account: "/.+/" }, actions: [pull] }`,
    given: { account: 'tester' },
    scope: 'repository:busybox:pull',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 no: name is busybox, wanted test-*',
      'rule 2 at acl.yml:8 yes: grants nothing (its actions are []), and [pull] was asked for',
      'rule 3 at acl.yml:9 too late: it would match, but rule 2 stands before it',
    ],
  },
  {
    question: '56: pull works, so why not push into his own namespace?',
    acl: `- { match: { account: "/.+/" }, actions: [pull] }
- { match: { account: "/.+/", name: "\${account}/*" }, actions: [push, pull] }`,
    given: { account: 'dana' },
    scope: 'repository:dana/app:pull,push',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 yes: grants [pull]; [push] was asked for too',
      'rule 2 at acl.yml:8 too late: it would match, but rule 1 stands before it',
    ],
  },
  {
    question: '237: jenkins has full access to everything, so why can it not push?',
    acl: `- { match: { account: "/.+/", name: "\${account}/*" }, actions: ["*"] }
- { match: { account: "/.+/" }, actions: [pull], comment: Everybody may pull }
- { match: { account: jenkins }, actions: ["*"] }`,
    given: { account: 'jenkins' },
    scope: 'repository:team/app:push',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 no: name is team/app, wanted ${account}/* (here jenkins/*)',
      'rule 2 (Everybody may pull) at acl.yml:8 yes: grants no more than [pull], and [push] was asked for',
      'rule 3 at acl.yml:9 too late: it would match, but rule 2 (Everybody may pull) stands before it',
    ],
  },
  {
    question: '198: everybody has scratch/*, so why not what is below it?',
    acl: `- { match: { account: "/.+/", type: registry, name: catalog }, actions: ["*"] }
- { match: { account: "/.+/", type: repository, name: "scratch/*" }, actions: ["*"] }`,
    given: { account: 'henri' },
    scope: 'repository:scratch/tools/curl:pull',
    status: 1,
    answer: ['name is scratch/tools/curl, wanted scratch/*; * stops at a slash; only a /regex/ goes beyond'],
  },
  {
    question: '366: his namespace is his, so why not two levels below it?',
    acl: '- { match: { account: "/.+/", name: "${account}/*" }, actions: ["*"] }',
    given: { account: 'jo' },
    scope: 'repository:jo/web/app:push',
    status: 1,
    answer: [
      'name is jo/web/app, wanted ${account}/* (here jo/*); * stops at a slash; only a /regex/ goes beyond',
    ],
  },
  {
    question: '45: with a provider, whose namespace is his?',
    acl: '- { match: { account: "/.+/", name: "${account}/*" }, actions: ["*"] }',
    given: { account: 'cora@example.org' },
    scope: 'repository:cora/ubuntu:push',
    status: 1,
    answer: ['name is cora/ubuntu, wanted ${account}/* (here cora@example.org/*)'],
  },
  {
    question: '176: the mirror pulls without a login, so why does no rule by address help?',
    acl: `- { match: { account: admin }, actions: ["*"] }
- { match: { ip: 192.168.1.0/24 }, actions: [pull] }`,
    users: '{ admin: { password: "$2y$05$mdG8K4U.5d4h7RYqVw7vWeN7F8qztzgn5CvzKQfFtOY8Fz7WD..9a" } }',
    given: { ip: '192.168.1.25' },
    scope: 'repository:library/ubuntu:pull',
    status: 1,
    answer: [
      'none would be asked',
      'No token: the server answers 401, authentication required (no authenticator accepts clients without credentials)',
    ],
  },
  {
    question: '49: machines of a network may pull, so why not this one?',
    acl: '- { match: { ip: 10.20.0.0/16 }, actions: [pull] }',
    given: { account: 'builder', ip: '10.21.3.4' },
    scope: 'repository:app:pull',
    status: 1,
    answer: ['rule 1 at acl.yml:7 no: ip is 10.21.3.4, wanted 10.20.0.0/16'],
  },
  {
    question: '322: account and address are there, is one of them enough?',
    acl: '- { match: { account: admin, ip: 127.0.0.0/8 }, actions: ["*"] }',
    given: { account: 'admin', ip: '192.0.2.9' },
    scope: 'repository:app:pull',
    status: 1,
    answer: ['rule 1 at acl.yml:7 no: ip is 192.0.2.9, wanted 127.0.0.0/8'],
  },
  {
    question: '149: everybody may do everything, so why can anonymous clients not push?',
    acl: `- { match: { account: "", type: repository }, actions: [pull] }
- { match: {}, actions: ["*"] }`,
    given: {},
    scope: 'repository:app:pull,push',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 yes: grants [pull]; [push] was asked for too, but it grants no more than [pull]',
      'rule 2 at acl.yml:8 too late',
    ],
  },
  {
    question: '39: anonymous clients may pull, so why not list the catalog?',
    acl: `- { match: { account: "/.+/", type: registry, name: catalog }, actions: ["*"] }
- { match: { account: "" }, actions: [pull] }`,
    given: {},
    scope: 'registry:catalog:*',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 no: account is empty (nobody has logged in), wanted /.+/',
      'rule 2 at acl.yml:8 yes: grants no more than [pull], and [*] was asked for',
    ],
  },
  {
    question: '201: what is full access, and what is the catalog?',
    acl: `- { match: { account: jenkins }, actions: [pull, push] }
- { match: { type: repository, name: "/.+/" }, actions: [pull] }`,
    given: { account: 'ahab' },
    scope: 'registry:catalog:*',
    status: 1,
    answer: ['rule 2 at acl.yml:8 no: type is registry, wanted repository', 'no rule matches'],
  },
  {
    question: '256: are public images public?',
    acl: `- { match: { account: "", name: public/* }, actions: [pull] }
- { match: { account: "/.+/" }, actions: [pull] }`,
    given: {},
    scope: 'repository:public/app:pull',
    status: 0,
    answer: ['rule 1 at acl.yml:7 yes: grants [pull]', 'granted: pull, by acl: rule 1'],
  },
  {
    question: '229: he is in the group, so why can he not pull?',
    acl: '- { match: { labels: { group: internal_users } }, actions: [pull] }',
    users:
      '{ cool: { password: "$2y$05$mdG8K4U.5d4h7RYqVw7vWeN7F8qztzgn5CvzKQfFtOY8Fz7WD..9a", labels: { groups: [internal_users] } } }',
    given: { account: 'cool', ask: true },
    scope: 'repository:app:pull',
    status: 1,
    answer: [
      'groups = internal_users   from authenticator users',
      'rule 1 at acl.yml:7 no: label group is not there (there is [groups]), wanted internal_users',
    ],
  },
  {
    question: '202: and who has another one?',
    acl: '- { match: { labels: { group: group1 } }, actions: ["*"] }',
    given: { account: 'test', label: ['group=group2', 'project=web'] },
    scope: 'repository:app:pull',
    status: 1,
    answer: [
      'group = group2   from --label',
      'rule 1 at acl.yml:7 no: label group is [group2], wanted group1',
    ],
  },
  {
    question: '332: the directory gives the group, so why is p/${labels:groups}/* not his?',
    acl: '- { match: { name: "p/${labels:groups}/*" }, actions: [push, pull] }',
    given: { account: 'user1', label: ['groups=cn=qa,ou=group,dc=example'] },
    scope: 'repository:p/qa/alpine:pull',
    status: 1,
    answer: ['name is p/qa/alpine, wanted p/${labels:groups}/* (here "p/cn=qa,ou=group,dc=example/*")'],
  },
  {
    question: '348: groups in capitals, repositories in small letters',
    acl: '- { match: { account: "/.+/", name: "${labels:groups}/*" }, actions: [push, pull] }',
    given: { account: 'dev1', label: ['groups=DevTeam'] },
    scope: 'repository:devteam/app:push',
    status: 1,
    answer: [
      'name is devteam/app, wanted ${labels:groups}/* (here DevTeam/*); they differ in upper and lower case',
    ],
  },
  {
    question: '63: developers may pull but not push',
    acl: `- { match: { labels: { group: ops } }, actions: ["*"] }
- { match: { labels: { group: developers } }, actions: [pull] }`,
    given: { account: 'dev1', label: ['group=developers', 'group=web'] },
    scope: 'repository:prod/app:pull,push',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 no: label group is [developers, web], wanted ops',
      'rule 2 at acl.yml:8 yes: grants [pull]',
      'granted: pull; denied: push, by acl: rule 2',
    ],
  },
  {
    question: '19: can others be kept out of a namespace?',
    acl: `- { match: { account: rosa, name: cesanta/* }, actions: ["*"] }
- { match: { name: cesanta/* }, actions: [], comment: Only Rosa }
- { match: { account: "/.+/" }, actions: ["*"] }`,
    given: { account: 'summer' },
    scope: 'repository:cesanta/app:push',
    status: 1,
    answer: [
      'rule 1 at acl.yml:7 no: account is summer, wanted rosa',
      'rule 2 (Only Rosa) at acl.yml:8 yes: grants nothing',
      'rule 3 at acl.yml:9 too late',
    ],
  },
]

describe('dockwarden explain answers what people ask', () => {
  let place: Place
  before(async () => {
    place = await openPlace()
  })
  after(() => place.remove())

  for (const { question, acl, users = '{ "": {} }', given, scope, status, answer } of QUESTIONS) {
    it(question, async () => {
      const file = place.file(
        'acl.yml',
        `server: { addr: "127.0.0.1:5001", certificate: ${place.path('cert.pem')}, key: ${place.path('key.pem')} }
token: { issuer: Auth, expiration: 900 }
users: ${users}
# docker_auth's own form

acl:
${acl}
`,
      )
      const explained = await place.run(file, given, scope)
      let rest = explained.stdout
      for (const sentence of answer) {
        expect(rest, explained.stdout).to.include(sentence)
        rest = rest.slice(rest.indexOf(sentence))
      }
      expect(explained.status).to.equal(status)
    })
  }
})
