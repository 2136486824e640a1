// Every configuration that the project ships loads as it stands, and the examples are what their READMEs say.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parse } from 'yaml'
import { examine } from '../core/cli/check.ts'
import { compileRules } from '../core/plugin.ts'
import { newAuthority } from './support/client-certificates.ts'
import { newPair } from './support/key-pairs.ts'
import { startTestServer } from './support/server.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const SCHEMA = join(ROOT, 'config', 'dockwarden.schema.json')
const NATIVE = [
  'config/dockwarden.yml',
  ...globSync(['examples/*/dockwarden.yml', 'examples/*/config/dockwarden.yml', 'plugins/*/example.yml'], {
    cwd: ROOT,
  }),
]
const DOCKER_AUTH = ['examples/seed/config/extAuth.yml']

/** What the configurations read from the environment. */
const ENVIRONMENT = {
  CICD_SECRET: 'a secret of the test',
  OIDC_CLIENT_SECRET: 'a secret of the test',
  GOOGLE_CLIENT_SECRET: 'a secret of the test',
  GITLAB_CLIENT_SECRET: 'a secret of the test',
  GITHUB_CLIENT_SECRET: 'a secret of the test',
  BOXLOGIN_URL: 'https://box.example.com/api/login',
  VOUCHER_CODE: 'a code of the test',
  LDAP_PASSWORD: 'a password of the test',
  DEPLOY_PASSWORD: 'a password of the test',
  COMPANY_LDAP: 'ldaps://ldap.company.example',
  COMPANY_LDAP_PASSWORD: 'a password of the test',
  PARTNER_LDAP: 'ldaps://ldap.partner.example',
  PARTNER_LDAP_PASSWORD: 'a password of the test',
  COMPANY_ISSUER: 'https://login.company.example',
  COMPANY_SECRET: 'a secret of the test',
  GITHUB_CLIENT_ID: 'a client of the test',
  GITHUB_SECRET: 'a secret of the test',
  PROJECTS_DATABASE: 'postgres://dockwarden:password@db.company.example/projects',
}
/** Where the configurations expect files by absolute paths. */
const PLACES = ['/ssl/', '/extensions/', '/run/secrets/', '/usr/local/bin/']

describe('the shipped configurations', () => {
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-examples-'))
    Object.assign(process.env, ENVIRONMENT)
    const pair = await newPair('RSA-2048')
    const authority = await newAuthority('clients')
    for (const ssl of ['ssl', 'examples/boxlogin-http/ssl']) {
      mkdirSync(join(folder, ssl), { recursive: true })
      writeFileSync(join(folder, ssl, 'domain.crt'), pair.certificate)
      writeFileSync(join(folder, ssl, 'domain.key'), pair.key)
      writeFileSync(join(folder, ssl, 'clients.pem'), authority.certificate)
    }
    cpSync(join(ROOT, 'examples/seed/extensions'), join(folder, 'extensions'), { recursive: true })
    mkdirSync(join(folder, 'run/secrets'), { recursive: true })
    writeFileSync(join(folder, 'run/secrets/ci_password'), 'a secret of the test')
    mkdirSync(join(folder, 'usr/local/bin'), { recursive: true })
    for (const name of ['my_auth', 'my_authz']) {
      writeFileSync(join(folder, 'usr/local/bin', name), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    }
  })

  after(() => {
    for (const name of Object.keys(ENVIRONMENT)) delete process.env[name]
    rmSync(folder, { recursive: true, force: true })
  })

  /** A copy of the file's whole example, with the files that it names. */
  function laidOut(file: string): string {
    const example = file.split('/').slice(0, -1).slice(0, 2).join('/')
    cpSync(join(ROOT, example), join(folder, example), { recursive: true })
    const copy = join(folder, file)
    const text = PLACES.reduce(
      (held, place) => held.replace(new RegExp(`(?<=[\\s"'])${place}`, 'g'), `${folder}${place}`),
      readFileSync(copy, 'utf8'),
    )
    writeFileSync(copy, text)
    return copy
  }

  for (const file of [...NATIVE, ...DOCKER_AUTH]) {
    it(`${file} passes the check, without a warning`, async () => {
      const { problems, warnings } = await examine(laidOut(file))
      expect([...problems, ...warnings]).to.deep.equal([])
    })
  }

  it('let everybody push below the own name at any depth, such as charts with helm, and nobody below another one', () => {
    let found = 0
    for (const file of NATIVE) {
      const own = aclRules(file).filter(({ match }) => JSON.stringify(match).includes('"${account}/'))
      if (own.length === 0) continue
      found += 1
      const { decide } = compileRules(own, { substitution: 'literal' })
      const asked = { type: 'repository', service: '', ip: undefined, labels: {}, actions: ['pull', 'push'] }
      const granted = (account: string, name: string) => decide({ ...asked, account, name })?.actions ?? []
      for (const name of ['alice/app', 'alice/charts/x', 'alice/a/b/c'])
        expect(granted('alice', name), `${file} ${name}`).to.deep.equal(asked.actions)
      for (const name of ['alice', 'alicex/app', 'bob/alice/app', ''])
        expect(granted('alice', name), `${file} ${name}`).to.deep.equal([])
    }
    expect(found).to.be.greaterThan(5)
  })

  for (const file of NATIVE) {
    it(`${file} leaves the empty name, which is zot's catalog, to those who may do everything`, () => {
      for (const { match, actions } of aclRules(file)) {
        if (actions[0] !== '*' && actions.length > 0)
          expect(match, JSON.stringify(match)).to.have.property('name')
      }
    })

    it(`${file} tells editors its schema`, () => {
      const [first] = readFileSync(join(ROOT, file), 'utf8').split('\n')
      const schema = /^# yaml-language-server: \$schema=(.+)$/.exec(first!)?.[1]
      expect(resolve(ROOT, dirname(file), schema ?? '')).to.equal(SCHEMA)
    })
  }
})

describe('the folders of plugins and examples', () => {
  for (const folder of globSync(['plugins/*/', 'examples/*/'], { cwd: ROOT })) {
    it(`${folder} has a README`, () => {
      expect(readFileSync(join(ROOT, folder, 'README.md'), 'utf8')).to.match(/^# /)
    })
  }
})

describe('examples/seed', () => {
  const ORIGINALS = {
    'config/extAuth.yml': '24163ffd0e315c3fbece55a5b6e12883361dac26575d1ca77d9fd16d8922749d',
    'extensions/boxlogin.py': '1fcea5c14b6e868bc409a64c5b2c6c40e8d0b02029876a5971dce21410934892',
    'extensions/ext_auth.sh': '700e1cc16a0b78ee90dd4941901ce771512791b4a29c803ff851b45601e0a61f',
  }

  for (const [file, original] of Object.entries(ORIGINALS)) {
    it(`has ${file} as it came, and so has every copy`, () => {
      const copies = globSync(`{examples,test,plugins,config}/**/${basename(file)}`, { cwd: ROOT })
      expect(copies).to.include(`examples/seed/${file}`)
      for (const copy of copies) expect(sha256(join(ROOT, copy)), copy).to.equal(original)
    })
  }
})

describe('examples/boxlogin-http', () => {
  const read = (file: string) => readFileSync(join(ROOT, 'examples', file), 'utf8')

  for (const file of ['make-ssl.sh', 'check.sh', '.gitignore', '.env.example']) {
    it(`has the same ${file} as the seed`, () => {
      expect(read(`boxlogin-http/${file}`)).to.equal(read(`seed/${file}`))
    })
  }

  it('has the rules of the seed, whose last one is limited to names', () => {
    const { acl } = parse(read('seed/config/extAuth.yml'))
    const { match, ...last } = acl.pop()
    expect(aclRules('examples/boxlogin-http/config/dockwarden.yml')).to.deep.equal([
      ...acl,
      { ...last, match: { ...match, name: '/.+/' } },
    ])
  })

  for (const example of ['seed', 'boxlogin-http']) {
    it(`the registry of ${example} trusts what its token server signs`, () => {
      const { services } = parse(read(`${example}/compose.yml`))
      const config = globSync(`${example}/config/*.yml`, { cwd: join(ROOT, 'examples') })[0]!
      expect(services.registry.environment).to.deep.include({
        REGISTRY_AUTH: 'token',
        REGISTRY_AUTH_TOKEN_SERVICE: 'Docker registry',
        REGISTRY_AUTH_TOKEN_ISSUER: /issuer: "(.+?)"/.exec(read(config))![1],
        REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: '/ssl/domain.crt',
      })
      expect(services.registry.environment.REGISTRY_AUTH_TOKEN_REALM).to.match(/^https:\/\/.+:5001\/auth$/)
      expect(services.registry.ports).to.deep.equal(['443:5000'])
      expect(services.auth.ports).to.deep.equal(['5001:5001'])
      expect(read(config)).to.include('":5001"')
    })
  }
})

describe('examples/custom-plugin', () => {
  const folder = join(ROOT, 'examples', 'custom-plugin')
  const CI = ['ci', 'a-long-random-key'] as const
  const BOB = ['bob', 'another-long-random-key'] as const
  const SCOPE = 'repository:app:pull,push'

  /** @param hours stands in the ACL instead of `working` */
  const start = (hours = 'working') => {
    const plugin = (name: string) => readFileSync(join(folder, 'plugins', name), 'utf8')
    const config = readFileSync(join(folder, 'dockwarden.yml'), 'utf8')
    return startTestServer({
      config: config.replace('127.0.0.1:5001', '127.0.0.1:0').replace('hours: working', `hours: ${hours}`),
      files: {
        'plugins/api-keys.ts': plugin('api-keys.ts'),
        'plugins/working-hours.ts': plugin('working-hours.ts'),
      },
    })
  }

  it('authenticates, and refuses a wrong key', async () => {
    await using server = await start()
    expect((await server.token({ user: ['ci', 'wrong-key'] })).status).to.equal(401)
    expect((await server.token({ user: ['nobody', CI[1]] })).status).to.equal(401)
    const { status, access } = await server.token({ user: BOB, query: { service: 's', scope: SCOPE } })
    expect(status).to.equal(200)
    expect(access).to.deep.equal(['repository:app:pull'])
    expect(server.audits().at(-1)).to.include({ account: 'bob', authenticator: 'api-keys' })
  })

  for (const [hours, access] of [
    ['"/^(working|off)$/"', SCOPE],
    ['lunch', 'repository:app:pull'],
  ] as const) {
    it(`hands the labels of both plugins to the ACL: hours ${hours}`, async () => {
      await using server = await start(hours)
      const answer = await server.token({ user: CI, query: { service: 's', scope: SCOPE } })
      expect(answer.access).to.deep.equal([access])
    })
  }

  it('passes the conformance kit, by the command of its README', async () => {
    const register = new URL('support/register.ts', import.meta.url).href
    const tests = globSync(join(folder, 'plugins/*.test.ts'))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', register, '--test', ...tests])
    expect(stdout).to.match(/pass [1-9]\d*\n.*fail 0\n/)
  })
})

interface Rule {
  readonly match?: object
  readonly actions: readonly string[]
}

/** The rules of a configuration's acl, those of groups too. */
function aclRules(file: string): Rule[] {
  const tags = ['!env', '!file'].map((tag) => ({ tag, resolve: (name: string) => name }))
  const { authorizers } = parse(readFileSync(join(ROOT, file), 'utf8'), { customTags: tags })
  const given: (Rule | { rules: Rule[] })[] = authorizers
    .filter(({ plugin }: { plugin: string }) => plugin === 'acl')
    .flatMap(({ options }: { options: { rules: [] } }) => options.rules)
  return given.flatMap((rule) => ('rules' in rule ? rule.rules : [rule]))
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
