import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deny, grant } from '../../core/plugin.ts'
import { conformance, testHost } from '../../core/testing/index.ts'
import plugin from './index.ts'

/** In the manner of docker_auth's own example: an administrator, a user, and a role. */
const MODEL = `
[request_definition]
r = account, type, name, service, ip, action, labels
[policy_definition]
p = account, type, name, service, ip, action, labels
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.account == "root" || (g(r.account, p.account) && r.type == p.type && keyMatch(r.name, p.name) && \\
    r.service == p.service && ipMatch(r.ip, p.ip) && r.action == p.action && labelMatch(r.labels, p.labels))
`
const POLICY = `
# who, what, where from
p, ann, repository, ann/*, reg, 192.0.2.1, pull, "{""group"":[""dev""]}"
p, ann, repository, ann/*, reg, 192.0.2.1, push, "{""group"":[""dev""]}"
p, readers, repository, *, reg, 10.0.0.0/8, pull, "{""group"":[""dev"",""ops""]}"
p, readers, repository, public/*, reg, ::/0, pull,

g, bob, readers
g, constructor, readers
`

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'dockwarden-casbin-'))
  writeFileSync(join(folder, 'model.conf'), MODEL)
  writeFileSync(join(folder, 'policy.csv'), POLICY)
  writeFileSync(join(folder, 'broken.csv'), 'p, ann\n')
})
after(() => rmSync(folder, { recursive: true }))

const options = { model: 'model.conf', policy: 'policy.csv' }
const image = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })
const at = (ip: string) => ({ service: 'reg', client: { ip } })
const dev = { labels: { group: ['dev'] } }
const both = { labels: { group: ['ops', 'dev', 'x'], site: ['y'] } }

conformance(plugin, {
  options: () => options,
  host: () => testHost({ base: folder }),
  invalid: [
    { options: {}, path: 'model', message: /expected string/ },
    { options: { ...options, policy: '' }, path: 'policy', message: /must be a path/ },
    { options: { ...options, modle: 'x' }, path: '', message: /modle/ },
    { options: { ...options, model: 'none.conf' }, message: /none\.conf: there is no such file/ },
    { options: { ...options, policy: 'broken.csv' }, message: /broken\.csv: line 1: p has 1 fields/ },
    { options: { ...options, model: 'policy.csv' }, message: /policy\.csv: / },
  ],
  decisions: [
    {
      account: 'ann',
      ...dev,
      ...at('192.0.2.1'),
      resource: image('ann/app', 'push', 'delete', 'pull'),
      expect: grant(['push', 'pull'], 'policy line 4, 3'),
    },
    {
      account: 'ann',
      ...dev,
      ...at('::ffff:192.0.2.1'),
      resource: image('ann/app', 'pull'),
      expect: grant(['pull']),
    },
    { account: 'ann', ...dev, ...at('192.0.2.2'), resource: image('ann/app', 'pull'), expect: grant([]) },
    { account: 'ann', ...at('192.0.2.1'), resource: image('ann/app', 'pull'), expect: grant([]) },
    { account: 'ann', ...dev, ...at('192.0.2.1'), resource: image('bob/app', 'pull'), expect: grant([]) },
    {
      account: 'ann',
      ...dev,
      ...at('192.0.2.1'),
      service: 'other',
      resource: image('ann/app', 'pull'),
      expect: grant([]),
    },
    {
      account: 'bob',
      ...both,
      ...at('10.1.2.3'),
      resource: image('any/app', 'pull', 'push'),
      expect: grant(['pull']),
    },
    { account: 'bob', ...dev, ...at('10.1.2.3'), resource: image('any/app', 'pull'), expect: grant([]) },
    { account: 'bob', ...at('2001:db8::1'), resource: image('public/app', 'pull'), expect: grant(['pull']) },
    {
      account: 'constructor',
      ...both,
      ...at('10.1.2.3'),
      resource: image('a', 'pull'),
      expect: grant(['pull']),
    },
    { account: 'toString', ...both, ...at('10.1.2.3'), resource: image('a', 'pull'), expect: grant([]) },
    { account: '', ...both, ...at('10.1.2.3'), resource: image('a', 'pull'), expect: grant([]) },
    { account: 'root', resource: image('a', 'pull', '*'), expect: grant(['pull', '*']) },
    // Without an address, ipMatch has nothing to compare.
    { account: 'ann', ...dev, service: 'reg', resource: image('ann/app', 'pull'), expect: grant([]) },
    {
      account: 'root',
      resource: image('a', ...Array.from({ length: 33 }, (_, index) => `action${index}`)),
      expect: deny('more than 32 actions were asked for'),
    },
  ],
})
