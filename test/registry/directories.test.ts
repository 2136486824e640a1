// examples/directories with two real LDAP servers, PostgreSQL, a registry and skopeo.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { DatabaseServer } from '../support/database-process.ts'
import { needs } from '../support/debian.ts'
import { writeImage } from '../support/image.ts'
import { POSTGRES_PASSWORD, POSTGRES_USER, startPostgres } from '../support/postgres.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'
import { skopeoIn } from '../support/skopeo.ts'
import { type SlapdServer, startSlapd } from '../support/slapd.ts'

const EXAMPLE = new URL('../../examples/directories/', import.meta.url)
const PASSWORD = 'canary of a person'
const SERVICE = 'registry'

/** A directory with a reader, one person, and a group of that person. */
function ldif(domain: string, uid: string, group: string, department: string): string {
  const suffix = `dc=${domain},dc=example`
  const person = `uid=${uid},ou=people,${suffix}`
  return [
    `dn: ${suffix}\nobjectClass: domain\ndc: ${domain}`,
    `dn: cn=reader,${suffix}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: canary of ${domain}`,
    `dn: ou=people,${suffix}\nobjectClass: organizationalUnit\nou: people`,
    `dn: ou=groups,${suffix}\nobjectClass: organizationalUnit\nou: groups`,
    `dn: ${person}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\nmail: ${uid}@${domain}.example\ndepartmentNumber: ${department}\nuserPassword: ${PASSWORD}`,
    `dn: cn=${group},ou=groups,${suffix}\nobjectClass: groupOfNames\ncn: ${group}\nmember: ${person}`,
    '',
  ].join('\n\n')
}

describe('examples/directories', function () {
  needs('slapd', 'postgres', 'docker-registry', 'skopeo')
  this.timeout(60_000)
  let folder: string
  let company: SlapdServer
  let partner: SlapdServer
  let database: DatabaseServer
  let server: TestInstance
  let registry: Registry

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-directories-'))
    writeImage(join(folder, 'image'))
    company = await startSlapd({
      ldif: ldif('company', 'ann', 'staff', 'sales'),
      suffix: 'dc=company,dc=example',
    })
    partner = await startSlapd({
      ldif: ldif('partner', 'bob', 'builders', 'works'),
      suffix: 'dc=partner,dc=example',
    })
    database = await startPostgres()
    const schema = readFileSync(new URL('schema.sql', EXAMPLE), 'utf8')
    await database.sql(...schema.split(';').filter((statement) => statement.trim() !== ''))
    const config = readFileSync(new URL('config/dockwarden.yml', EXAMPLE), 'utf8')
      .replace('":5001"', '127.0.0.1:0')
      // Not through the environment: what comes from there may not stand in the log, and addresses may.
      .replace('!env COMPANY_LDAP]', `${company.url}]`)
      .replace('!env PARTNER_LDAP]', `${partner.url}]`)
      .replace(/^ +(tls: auto|state_dir: .*)\n/gm, '')
    const env = {
      DEPLOY_PASSWORD: 'canary of deploy',
      COMPANY_LDAP_PASSWORD: 'canary of company',
      PARTNER_LDAP_PASSWORD: 'canary of partner',
      PROJECTS_DATABASE: `postgres://${POSTGRES_USER}:${encodeURIComponent(POSTGRES_PASSWORD)}@127.0.0.1:${database.port}/postgres`,
    }
    server = await startTestServer({ config, env })
    registry = await startRegistry({
      realm: `${server.server.listener.address}/auth`,
      service: SERVICE,
      issuer: 'Example registry',
      rootcertbundle: readFileSync(server.server.services.keys.caPath!, 'utf8'),
    })
  })
  after(async () => {
    await registry?.stop()
    await server?.stop()
    await Promise.all([company?.stop(), partner?.stop(), database?.stop()])
    rmSync(folder, { recursive: true })
  })

  const ask = (account: string, password = PASSWORD, more: object = {}) =>
    server.token({
      user: [account, password],
      query: {
        service: SERVICE,
        scope: ['repository:web/app:pull,push', 'repository:api/app:pull,push', 'repository:x/app:pull,push'],
        ...more,
      },
    })

  const accounts: [account: string, password: string, authenticator: string, access: string[]][] = [
    ['deploy', 'canary of deploy', 'robots', ['web/app:pull,push', 'api/app:pull,push', 'x/app:pull,push']],
    ['ann@company.example', PASSWORD, 'company', ['web/app:pull,push', 'api/app:pull', 'x/app:pull']],
    ['bob@partner.example', PASSWORD, 'partner', ['web/app:pull,push', 'api/app:pull,push', 'x/app:']],
  ]
  for (const [account, password, authenticator, access] of accounts) {
    it(`asks ${authenticator} about ${account}, and gives ${access.join(' ')}`, async () => {
      const answer = await ask(account, password)
      expect(answer.access).to.deep.equal(access.map((one) => `repository:${one}`))
      expect(server.audits().at(-1)).to.include({ authenticator })
      expect((await ask(account, 'canary of nobody')).status).to.equal(401)
    })
  }

  it('tells the department by the directory that accepted, and nothing of a robot', async () => {
    for (const [account, password, department] of [
      ['ann@company.example', PASSWORD, ['sales']],
      ['bob@partner.example', PASSWORD, ['works']],
      ['deploy', 'canary of deploy', undefined],
    ] as const) {
      await ask(account, password)
      expect(server.audits().at(-1)!.labels.department).to.deep.equal(department)
    }
  })

  it('an exception of the table comes before the rules of the file', async () => {
    const answer = await ask('ann@company.example', PASSWORD, { scope: 'repository:web/release:pull,push' })
    expect(answer.access).to.deep.equal(['repository:web/release:pull'])
    expect(server.audits().at(-1)!.rules).to.deep.equal([
      'exceptions: rule 1 (seq 10: a release stays as it is)',
    ])
  })

  it('lets somebody whom neither directory knows in nowhere', async () => {
    expect((await ask('eve@elsewhere.example')).status).to.equal(401)
  })

  it('pushes and pulls with skopeo, and refuses what the rules do not give', async () => {
    const skopeo = skopeoIn(folder)
    const login = await skopeo(
      ...['login', '--tls-verify=false', '-u', 'bob@partner.example', '-p', PASSWORD, registry.address],
    )
    expect(login, login.output).to.include({ status: 0 })
    const push = (name: string) =>
      skopeo('copy', '--dest-tls-verify=false', `oci:${folder}/image`, `docker://${registry.address}/${name}`)
    const pushed = await push('api/app:1')
    expect(pushed, pushed.output).to.include({ status: 0 })
    expect((await push('x/app:1')).status).not.to.equal(0)
  })

  it('a project that is left is gone with the next token, also with a refresh token', async () => {
    const offline = await ask('bob@partner.example', PASSWORD, { offline_token: 'true' })
    const refresh = () =>
      server.token({
        form: {
          grant_type: 'refresh_token',
          refresh_token: offline.json.refresh_token,
          service: SERVICE,
          scope: 'repository:api/app:push',
        },
      })
    expect((await refresh()).access).to.deep.equal(['repository:api/app:push'])
    await database.sql("DELETE FROM members WHERE account = 'bob@partner.example' AND project = 'api'")
    expect((await refresh()).access).to.deep.equal(['repository:api/app:'])
  })

  it('a part that is down is 503 for those who need it, and nobody else, and comes back by itself', async () => {
    const status = async (account: string, password?: string) => (await ask(account, password)).status
    await partner.halt()
    expect(await status('bob@partner.example')).to.equal(503)
    expect(await status('ann@company.example')).to.equal(200)
    await partner.start()
    await eventually(async () => (await status('bob@partner.example')) === 200)
    await database.halt()
    expect(await status('ann@company.example')).to.equal(503)
    await database.start()
    await eventually(async () => (await status('ann@company.example')) === 200)
  })
})
