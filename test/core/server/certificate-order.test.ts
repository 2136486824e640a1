import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { examine } from '../../../core/cli/check.ts'
import { newAuthority } from '../../support/client-certificates.ts'

const mtls = { plugin: 'mtls', id: 'machines' }
const everybody = { plugin: 'static', id: 'everybody', options: { users: { '': {} } } }
const known = { plugin: 'static', id: 'known', options: { users: { ann: { disabled: true } } } }
const http = (anonymous?: boolean) => ({
  plugin: 'http',
  id: 'asked',
  options: { url: 'https://auth.example/', ...(anonymous !== undefined && { anonymous }) },
})

describe('the order of authenticators', () => {
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-order-'))
    writeFileSync(join(folder, 'ca.pem'), (await newAuthority('root')).certificate)
  })
  after(() => rmSync(folder, { recursive: true }))

  const cases: [string, object[], string[]][] = [
    ['mtls alone', [mtls], []],
    ['anonymous clients after mtls', [mtls, everybody], []],
    ['anonymous clients without mtls', [everybody], []],
    ['anonymous clients before mtls', [everybody, mtls], ['static (id everybody)']],
    ['one that asks about anonymous clients before mtls', [http(true), mtls], ['http (id asked)']],
    ['one that asks about users only before mtls', [http(), mtls], []],
    ['static users with names before mtls', [known, mtls], []],
    ['one mtls before another', [mtls, { ...mtls, id: 'people' }], []],
    ['between two mtls', [mtls, everybody, { ...mtls, id: 'people' }], ['static (id everybody)']],
  ]
  for (const [name, authenticators, warned] of cases) {
    it(`${name}: ${warned.length === 0 ? 'no warning' : 'a warning that names both'}`, async () => {
      const server = { listen: '127.0.0.1:0', tls: 'auto', client_ca: 'ca.pem' }
      const file = join(folder, 'dockwarden.yml')
      writeFileSync(file, JSON.stringify({ server, authenticators, authorizers: [] }))
      const { problems, warnings } = await examine(file)
      expect(problems).to.deep.equal([])
      const found = warnings.flatMap(
        ({ message }) => /^plugin (.*) stands before plugin mtls/.exec(message)?.[1] ?? [],
      )
      expect(found).to.deep.equal(warned)
    })
  }
})
