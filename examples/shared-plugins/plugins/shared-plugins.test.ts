// Run with: node --test examples/shared-plugins/plugins/*.test.ts (README.md)
import { describe, it } from 'node:test'
import { grant, pass } from 'dockwarden/plugin'
import { conformance, testHost } from 'dockwarden/testing'
import owners from './owners.ts'
import staff from './staff.ts'
import teams from './teams.ts'
import { PERSON, STAFF } from './tokens.ts'

const runner = { describe, it }
const FILE = new URL('../staff.yml', import.meta.url).pathname
const ANN = { name: 'ann', team: 'web', owns: ['shop'] }

// What a plugin provides in a request is a part of the case.
conformance(staff, {
  runner,
  options: () => ({ file: FILE }),
  invalid: [{ options: { file: 'no-such.yml' }, message: /no-such\.yml/ }],
  accepts: [{ account: 'ann', password: 'a-long-random-key', provides: { 'example/person': ANN } }],
  rejects: [{ account: 'ann', password: 'another-key' }],
  passes: [{ account: 'eve', password: 'a-long-random-key' }],
})

// What other instances provide comes with the host, what other plugins found with the case.
conformance(teams, {
  runner,
  options: () => ({}),
  host: () => testHost({ shared: [[STAFF, { find: (name: string) => (name === 'ann' ? ANN : undefined) }]] }),
  labels: [
    { identity: { account: 'ann' }, expect: { team: ['web'] } },
    { identity: { account: 'eve' }, expect: {} },
    { identity: { account: 'ann' }, shared: [[PERSON, { ...ANN, team: 'api' }]], expect: { team: ['api'] } },
  ],
})
conformance(teams, {
  runner,
  options: () => ({ file: FILE }),
  labels: [{ identity: { account: 'bob' }, expect: { team: ['api'] } }],
})

const shop = { type: 'repository', name: 'shop', actions: ['pull', 'push'] }
conformance(owners, {
  runner,
  options: () => ({}),
  decisions: [
    { account: 'ann', shared: [[PERSON, ANN]], resource: shop, expect: grant(['pull', 'push'], 'owner') },
    { account: 'ann', shared: [[PERSON, ANN]], resource: { ...shop, name: 'other' }, expect: pass },
    { account: 'ann', resource: shop, expect: pass },
  ],
})
