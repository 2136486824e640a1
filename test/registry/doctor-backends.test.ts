// `dockwarden doctor` names a backend that the server can't use: a real directory, with a wrong bind password, and one that is gone.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { runDoctor } from '../support/doctor.ts'
import { type SlapdServer, startSlapd } from '../support/slapd.ts'

const LDIF = `dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: cn=reader,dc=example,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: right-password
`

describe('dockwarden doctor, with a real directory', function () {
  needs('slapd')
  this.timeout(60_000)
  let slapd: SlapdServer
  let folder: string
  before(async () => {
    slapd = await startSlapd({ ldif: LDIF })
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-doctor-'))
  })
  after(async () => {
    await slapd?.stop()
    if (folder) rmSync(folder, { recursive: true })
  })

  function config(password: string): string {
    writeFileSync(join(folder, 'password'), password)
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(
      file,
      `server: { listen: 127.0.0.1:0 }
authenticators:
  - plugin: ldap
    id: corp
    options:
      servers: [${slapd.url}]
      bind_dn: cn=reader,dc=example,dc=com
      bind_password: !file password
      base: dc=example,dc=com
      filter: (uid=\${account})
authorizers: []
`,
    )
    return file
  }

  it('says that the directory is ready, and how long it took', async () => {
    const { of } = await runDoctor(config('right-password'))
    expect(of('wrong')).to.deep.equal([])
    expect(of('ok').join('\n')).to.match(
      /backend: plugin ldap \(id corp\) \(authenticator\) is ready \(\d+ ms\)/,
    )
  })

  it('names a wrong bind password, and shows none', async () => {
    const { of, status, said } = await runDoctor(config('wrong-password'))
    expect(of('wrong')).to.have.length(1)
    expect(of('wrong')[0]).to.match(
      /^backend: plugin ldap \(id corp\) \(authenticator\) is not ready: .*bind/,
    )
    expect(status).to.equal(1)
    expect(said).not.to.include('wrong-password')
  })

  it('names a directory that is gone', async () => {
    const file = config('right-password')
    await slapd.halt()
    const { of } = await runDoctor(file)
    expect(of('wrong')[0]).to.match(/^backend: .*connection refused/)
  })
})
