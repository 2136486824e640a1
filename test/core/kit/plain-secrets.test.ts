// A secret that stands in the configuration is an error in the native form, wherever it stands, and nothing in docker_auth's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { inspectConfig } from '../../../core/config/config.ts'
import { formatProblem } from '../../../core/yaml/problems.ts'

const SIGN_IN = 'client_id: a, redirect_url: "https://a.example.com/x_auth"'
const MONGO = 'addrs: [a], database: b, collection: d, username: c'
const LDAP = 'servers: ["ldaps://a"], base: b, filter: "(uid=${account})", bind_dn: c'
const SQL = 'query: "SELECT password_hash FROM users WHERE name = ${account}"'
const URL = 'url: "https://a/b"'

describe('secrets in a configuration', () => {
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-test-'))
    process.env.DW_TEST_SECRET = 'a secret of the environment'
  })

  after(() => {
    rmSync(folder, { recursive: true })
    delete process.env.DW_TEST_SECRET
  })

  async function inspect(text: string): Promise<{ problems: string[]; warnings: string[] }> {
    const file = join(folder, 'config.yml')
    writeFileSync(file, text)
    const { problems, warnings } = await inspectConfig(file)
    return {
      problems: problems.map((problem) => formatProblem({ ...problem, file: '' })),
      warnings: warnings.map((warning) => formatProblem({ ...warning, file: '' })),
    }
  }

  const native = (options: string, plugin: string) => {
    const kind = plugin === 'http-authz' ? 'authorizers' : 'authenticators'
    const other = kind === 'authorizers' ? 'authenticators' : 'authorizers'
    return `${kind}:\n  - { plugin: ${plugin}, options: { ${options} } }\n${other}: []\n`
  }

  /** A plugin, where the secret stands, and its options with `@` for the secret. */
  const places: [string, string, string][] = [
    ['ldap', 'bind_password', `${LDAP}, bind_password: @`],
    ['oidc', 'client_secret', `${SIGN_IN}, issuer: "https://b", client_secret: @`],
    ['github', 'client_secret', `${SIGN_IN}, client_secret: @`],
    ['gitlab', 'client_secret', `${SIGN_IN}, client_secret: @`],
    ['google', 'client_secret', `${SIGN_IN}, client_secret: @`],
    ['mongo', 'password', `${MONGO}, password: @`],
    ['sql', 'password', `database: postgres, user: a, name: b, password: @, ${SQL}`],
    ['static', 'users.a.password', 'users: { a: { password: @ } }'],
    ['http', 'headers.Authorization', `${URL}, headers: { Authorization: @ }`],
    ['http', 'headers.X-Api-Key', `${URL}, headers: { X-Api-Key: @ }`],
    ['http', 'headers.PRIVATE-TOKEN', `${URL}, headers: { PRIVATE-TOKEN: @ }`],
    ['http', 'json.auth.client_secret', `${URL}, json: { name: "\${account}", auth: { client_secret: @ } }`],
    ['http', 'json.keys[1].apiKey', `${URL}, json: { keys: [a, { apiKey: @ }] }`],
    ['http', 'json.pass', `${URL}, json: { pass: @ }`],
    ['http', 'headers.X-Pass', `${URL}, headers: { X-Pass: @ }`],
    ['http', 'form.userPwd', `${URL}, form: { userPwd: @, bypass: yes, compass: north }`],
    ['http', 'form.api_key', `${URL}, form: { name: "\${account}", api_key: @ }`],
    ['http', 'basic.password', `${URL}, basic: { username: a, password: @ }`],
    ['http-authz', 'headers.authorization', `${URL}, grant: "true", headers: { authorization: @ }`],
    ['http-authz', 'json.token', `${URL}, grant: "true", json: { token: @ }`],
  ]
  for (const [plugin, place, options] of places) {
    describe(`${plugin}: ${place}`, () => {
      const given = (secret: string) => inspect(native(options.replace('@', secret), plugin))

      it('is an error where it is written out, which shows nothing of it', async () => {
        const { problems } = await given('"plain hunter2"')
        expect(problems).to.have.length(1)
        expect(problems[0])
          .to.include(`.options.${place}: `)
          .and.match(/write !env NAME(,| or) !file PATH/)
        expect(problems[0]).not.to.include('hunter2')
      })

      it('is fine from the environment', async () => {
        expect((await given('!env DW_TEST_SECRET')).problems).to.deep.equal([])
      })

      for (const text of ['$SOME_NAME', '${SOME_NAME}']) {
        it(`names what to write for ${text}`, async () => {
          const { problems } = await given(JSON.stringify(text))
          expect(problems).to.have.length(1)
          expect(problems[0]).to.include('write !env SOME_NAME')
        })
      }
    })
  }

  const urls: [string, string, string][] = [
    ['a password in it', 'sql', `database: postgres, url: "postgres://a:b@c/d", ${SQL}`],
    ['a secret in its query', 'http', 'url: "https://a/b?user=${account}&api_key=hunter2"'],
  ]
  for (const [name, plugin, options] of urls) {
    it(`is an error in a URL: ${name}`, async () => {
      const { problems } = await inspect(native(options, plugin))
      expect(problems).to.have.length(1)
      expect(problems[0]).to.include('.options.url: is a secret that stands in the file; write !env NAME')
    })
  }

  const harmless: [string, string, string][] = [
    ['a URL without a password', 'sql', `database: postgres, url: "postgres://a@c/d", ${SQL}`],
    [
      'what the client gave',
      'http',
      `${URL}, json: { password: "\${password}" }, headers: { X-Token: "x \${password}" }`,
    ],
    [
      'other names',
      'http',
      `${URL}, headers: { Accept: text/json }, form: { grant_type: password, password: "" }`,
    ],
    [
      'headers that say that there is no token',
      'http',
      `${URL}, headers: { X-Atlassian-Token: no-check, X-CSRF-Token: fetch, X-Xsrf-Token: a }`,
    ],
    ['a URL with the password of the client', 'http', 'url: "https://a/b?password=${password}&type=token"'],
  ]
  for (const [name, plugin, options] of harmless) {
    it(`leaves alone: ${name}`, async () => {
      expect((await inspect(native(options, plugin))).problems).to.deep.equal([])
    })
  }

  it('is an error in the store of tokens', async () => {
    const store = 'server: { store: { redis: { addresses: [a], password: hunter2 } } }'
    const { problems } = await inspect(`${store}\nauthenticators: []\nauthorizers: []\n`)
    expect(problems).to.have.length(1)
    expect(problems[0]).to.include('server.store.redis.password: is a secret that stands in the file')
  })

  it("is neither error nor warning in docker_auth's form", async () => {
    const { problems, warnings } = await inspect(`
server: { addr: "127.0.0.1:5001", store: { redis: { addresses: [a], password: hunter2 } } }
token: { issuer: a, expiration: 900, certificate: c, key: k }
google_auth: { domain: a.example.com, client_id: a, client_secret: hunter2 }
github_auth: { organization: a, client_id: a, client_secret: hunter2 }
gitlab_auth: { client_id: a, client_secret: hunter2, redirect_uri: "https://a.example.com/gitlab_auth" }
oidc_auth: { issuer: "https://b", redirect_url: "https://a.example.com/oidc_auth", client_id: a, client_secret: hunter2 }
mongo_auth: { dial_info: { addrs: [a], database: b, username: c, password: hunter2 }, collection: d }
xorm_auth: { database_type: postgres, conn_string: "host=a user=b password=hunter2 dbname=c" }
acl: []
`)
    expect(problems).to.deep.equal([])
    expect(warnings.filter((warning) => /secret|hunter2|!env/.test(warning))).to.deep.equal([])
  })
})
