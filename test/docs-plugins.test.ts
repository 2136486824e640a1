// The plugins of docs/plugins keep the contract that those pages teach.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { deny, grant, type PluginDefinition, pass, Secret } from '../core/plugin.ts'
import { type ConformanceSuite, conformance, testHost } from '../core/testing/index.ts'
import { blocksOf, layOut } from './support/pages.ts'

const PAGES = resolve(import.meta.dirname, '../docs/plugins')
const KEY = 'a-long-random-key'
const KEY_SHA256 = '7041d66136628ca54430cbbce3bdebdc0f4408263b3c48d34d64700197eeeea8'
const PERSON = { name: 'ann', team: 'web', owns: ['shop'] }

const folder = mkdtempSync(join(tmpdir(), 'dockwarden-docs-plugins-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What a file of a page exports. */
async function load(page: string, file: string) {
  layOut(blocksOf(readFileSync(join(PAGES, `${page}.md`), 'utf8')), join(folder, page), (text) => text)
  return await import(join(folder, page, file))
}

const { DIRECTORY, PERSON: FOUND } = await load('sharing', 'plugins/tokens.ts')
const repository = (name: string) => ({ type: 'repository', name, actions: ['pull', 'push'] })

const SUITES: [page: string, file: string, suite: ConformanceSuite][] = [
  [
    'README',
    'guests.ts',
    {
      options: () => ({ code: new Secret('blue-whale-42') }),
      invalid: [{ options: { code: 'plain' }, path: 'code', message: /!env/ }],
      accepts: [{ account: 'guest-ann', password: 'blue-whale-42', labels: { group: ['guests'] } }],
      rejects: [{ account: 'guest-ann', password: 'red-whale-42' }],
      passes: [{ account: 'ann', password: 'blue-whale-42' }],
    },
  ],
  [
    'authenticators',
    'keys.ts',
    {
      options: () => ({ accounts: { ci: { key_sha256: KEY_SHA256, labels: { group: 'release' } } } }),
      invalid: [
        {
          options: { accounts: { ci: { key_sha256: KEY } } },
          path: 'accounts.ci.key_sha256',
          message: /sha256sum/,
        },
      ],
      accepts: [{ account: 'ci', password: KEY, labels: { group: ['release'] } }],
      rejects: [{ account: 'ci', password: 'another-long-random-key' }],
      passes: [{ account: 'constructor', password: KEY }],
    },
  ],
  [
    'labelers',
    'shift.ts',
    {
      options: () => ({}),
      host: () => testHost({ clock: { now: () => Date.UTC(2030, 0, 1, 9) } }),
      labels: [{ identity: { account: 'ann' }, expect: { shift: ['day'] } }],
    },
  ],
  [
    'authorizers',
    'own.ts',
    {
      options: () => ({}),
      decisions: [
        { account: 'ann', resource: repository('home/ann/app'), expect: grant(['pull', 'push'], 'own name') },
        { account: 'ann', resource: repository('home/anna/app'), expect: deny('of somebody else') },
        { resource: repository('home//app'), expect: deny('nobody in particular') },
        { account: 'ann', resource: repository('app'), expect: pass },
      ],
    },
  ],
  [
    'sharing',
    'corp.ts',
    {
      options: () => ({
        people: { ann: { password: new Secret('a password of ann'), team: 'web', owns: ['shop'] } },
      }),
      accepts: [{ account: 'ann', password: 'a password of ann', provides: { 'acme/person': PERSON } }],
      rejects: [{ account: 'ann', password: 'another password' }],
      passes: [{ account: 'bob', password: 'a password of ann' }],
    },
  ],
  [
    'sharing',
    'teams.ts',
    {
      options: () => ({}),
      host: () =>
        testHost({
          shared: [[DIRECTORY, { find: (name: string) => (name === 'ann' ? PERSON : undefined) }]],
        }),
      labels: [
        { identity: { account: 'ann' }, expect: { team: ['web'] } },
        { identity: { account: 'bob' }, expect: {} },
      ],
    },
  ],
  [
    'sharing',
    'owners.ts',
    {
      options: () => ({}),
      decisions: [
        {
          account: 'ann',
          shared: [[FOUND, PERSON]],
          resource: repository('shop'),
          expect: grant(['pull', 'push']),
        },
        { account: 'ann', shared: [[FOUND, PERSON]], resource: repository('bank'), expect: pass },
        { account: 'bob', resource: repository('shop'), expect: pass },
      ],
    },
  ],
]

const plugins: PluginDefinition[] = []
for (const [page, file] of SUITES) plugins.push((await load(page, `plugins/${file}`)).default)

describe('the plugins of docs/plugins', () => {
  for (const [index, [, , suite]] of SUITES.entries()) conformance(plugins[index]!, suite)
})
