import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../../core/config/config.ts'
import { holdBack } from '../../../core/server/held-back.ts'

describe('what a reload holds back', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-held-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const read = async (server: object) => {
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(file, JSON.stringify({ server, authenticators: [], authorizers: [] }))
    return await readConfig(file)
  }
  const proxies = { header: 'X-Forwarded-For', trusted_proxies: ['10.0.0.0/8'] }
  const tls = (name: string) => ({ certificate: `${name}.crt`, key: `${name}.key` })

  const cases: readonly (readonly [what: string, running: object, read: object, held: readonly string[]])[] =
    [
      ['nothing of the same', { listen: ':1' }, { listen: ':1' }, []],
      ['no other key', {}, { hsts: true, path_prefix: '/a', client_ip: proxies, limits: { scopes: 5 } }, []],
      ['an address', { listen: ':1' }, { listen: ':2' }, ['listen']],
      ['a further address', { listen: ':1' }, { listen: [':1', ':2'] }, ['listen']],
      [
        'whom to believe at it',
        { listen: ':1' },
        { listen: ':2', client_ip: proxies },
        ['listen', 'client_ip'],
      ],
      ['that there is TLS', {}, { tls: tls('a') }, ['tls']],
      ['that there is none', { tls: tls('a') }, {}, ['tls']],
      ['no other certificate', { tls: tls('a') }, { tls: tls('b') }, []],
      [
        'no other certificate of an address',
        { listen: [{ address: ':1', tls: tls('a') }] },
        { listen: [{ address: ':1', tls: tls('b') }] },
        [],
      ],
      [
        'that clients may show certificates',
        { tls: tls('a') },
        { tls: tls('a'), client_ca: 'ca' },
        ['client_ca'],
      ],
      ['no other authority', { tls: tls('a'), client_ca: 'ca' }, { tls: tls('a'), client_ca: 'cb' }, []],
      ['the guard', {}, { guard: { lockout: { failures: 5, within: '10m' } } }, ['guard']],
      ['the store', {}, { store: { redis: { addresses: ['a:1'] } } }, ['store']],
      ['the state directory', {}, { state_dir: 'other' }, ['state_dir']],
      ['metrics', {}, { metrics: {} }, ['metrics']],
      [
        'some limits',
        {},
        { limits: { connections: 5, keep_alive: '9s', headers: '9KiB', hash_memory: '1GiB', body: '9KiB' } },
        ['limits.connections', 'limits.keep_alive', 'limits.headers', 'limits.hash_memory'],
      ],
    ]
  for (const [what, running, now, held] of cases) {
    it(`is ${what}`, async () => {
      const [before, after] = [await read(running), await read(now)]
      const { config, keys } = holdBack(before, after)
      expect(keys).to.have.members(held.map((key) => `server.${key}`))
      // What was held back is as it was: it is held back again the next time, and nothing else is.
      expect(holdBack(config, after).keys).to.have.members(keys)
      expect(holdBack(before, config).keys).to.deep.equal([])
    })
  }
})
