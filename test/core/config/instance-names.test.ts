// Which names a file's plugins have: the same one for several kinds, and what is said of one that is taken.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { inspectConfig } from '../../../core/config/config.ts'
import { formatProblem } from '../../../core/yaml/problems.ts'

describe('the names of plugins in a configuration', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-names-'))
    custom('one.ts', 'authenticator', 'vault')
    custom('other.ts', 'authenticator', 'vault')
    custom('labels.ts', 'labeler', 'vault')
    custom('acl.ts', 'authorizer', 'acl')
  })
  after(() => rmSync(folder, { recursive: true }))

  function custom(file: string, kind: string, name: string): void {
    writeFileSync(
      join(folder, file),
      `import { definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({ kind: '${kind}', name: '${name}', options: z.strictObject({}), create: () => ({}) })\n`,
    )
  }

  type Item = Readonly<Record<string, unknown>>
  interface Lists {
    readonly authenticators?: readonly Item[]
    readonly labelers?: readonly Item[]
    readonly authorizers?: readonly Item[]
  }

  async function inspect(lists: Lists) {
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(
      file,
      JSON.stringify({ server: { listen: '127.0.0.1:5001' }, authenticators: [], authorizers: [], ...lists }),
    )
    const { config, problems, warnings } = await inspectConfig(file)
    return {
      ids: config!.plugins.map(({ id }) => id),
      plugins: config!.plugins.map(({ kind, definition }) => `${kind} ${definition.name}`),
      problems: problems.map((problem) => formatProblem({ ...problem, file: '' })),
      warnings: warnings.map((warning) => formatProblem({ ...warning, file: '' })),
    }
  }

  const url = 'https://backend.example.com'
  const http = {
    authenticators: [{ plugin: 'http', options: { url } }],
    labelers: [{ plugin: 'http', options: { url, labels: { team: 'body.team' } } }],
    authorizers: [{ plugin: 'http', options: { url, grant: 'body.ok' } }],
  }
  const database = { database: 'sqlite', file: 'users.db' }
  const mongo = { addrs: ['db'], database: 'd', collection: 'c' }

  const WORKING: [what: string, lists: Lists, ids: string[]][] = [
    ['one backend as every kind', http, ['http', 'http-labeler', 'http-authorizer']],
    ['a backend as an authorizer alone', { authorizers: http.authorizers }, ['http']],
    [
      'two backends as two kinds each',
      {
        authenticators: [
          { plugin: 'sql', options: database },
          { plugin: 'mongo', options: mongo },
        ],
        authorizers: [
          { plugin: 'sql', options: database },
          { plugin: 'mongo', options: mongo },
        ],
      },
      ['sql', 'mongo', 'sql-authorizer', 'mongo-authorizer'],
    ],
    [
      'the names of before, which stay the ids',
      {
        authenticators: http.authenticators,
        authorizers: [
          { plugin: 'http-authz', options: { url, grant: 'body.ok' } },
          { plugin: 'exec-authz', options: { command: 'sh' } },
          { plugin: 'acl-sql', options: database },
          { plugin: 'acl-mongo', options: mongo },
        ],
      },
      ['http', 'http-authz', 'exec-authz', 'acl-sql', 'acl-mongo'],
    ],
    [
      'the name of before beside that of now',
      { authorizers: [...http.authorizers, { ...http.authorizers[0]!, plugin: 'http-authz' }] },
      ['http', 'http-authz'],
    ],
    [
      'a name that another kind has as an id',
      {
        authenticators: [{ ...http.authenticators[0]!, plugin: 'http', id: 'acl' }],
        authorizers: [{ plugin: 'acl', options: { rules: [] } }],
      },
      ['acl', 'acl-authorizer'],
    ],
    [
      'custom plugins of one name and two kinds',
      { authenticators: [{ plugin: './one.ts' }], labelers: [{ plugin: './labels.ts' }] },
      ['vault', 'vault-labeler'],
    ],
    [
      'a custom plugin twice',
      { authenticators: [{ plugin: './one.ts' }, { plugin: './one.ts', id: 'second' }] },
      ['vault', 'second'],
    ],
    [
      'a custom plugin with the name of a built-in one that is not used',
      { authorizers: [{ plugin: './acl.ts' }] },
      ['acl'],
    ],
  ]
  for (const [what, lists, ids] of WORKING) {
    it(`${what}: without a word`, async () => {
      const found = await inspect(lists)
      expect(found).to.deep.include({ ids, problems: [], warnings: [] })
      // Messages name the backend, whatever name was written.
      for (const name of found.plugins) expect(name).not.to.match(/authz|acl-/)
    })
  }

  const TAKEN: [what: string, lists: Lists, problem: RegExp][] = [
    [
      'an id twice',
      { authenticators: [...http.authenticators, ...http.authenticators] },
      /: authenticators\[1\]: has the id "http", as authenticators\[0\] has; give one of them another id$/,
    ],
    [
      'an id that another kind has',
      { authenticators: http.authenticators, authorizers: [{ ...http.authorizers[0]!, id: 'http' }] },
      /: authorizers\[0\]: has the id "http", as authenticators\[0\] has; give one of them another id$/,
    ],
    [
      'two custom plugins of one name and kind',
      { authenticators: [{ plugin: './one.ts' }, { plugin: './other.ts', id: 'second' }] },
      /: authenticators\[1\]: \.\/other\.ts is another authenticator of the name vault than \.\/one\.ts at authenticators\[0\]; rename one of the two plugins$/,
    ],
    [
      'a custom plugin beside the built-in one of its name',
      {
        authorizers: [
          { plugin: 'acl', options: { rules: [] } },
          { plugin: './acl.ts', id: 'own' },
        ],
      },
      /: authorizers\[1\]: \.\/acl\.ts is another authorizer of the name acl than acl at authorizers\[0\]; rename /,
    ],
  ]
  for (const [what, lists, problem] of TAKEN) {
    it(`${what}: an error that names both places`, async () => {
      const { problems } = await inspect(lists)
      expect(problems).to.have.length(1)
      expect(problems[0]).to.match(problem)
    })
  }

  it("docker_auth's sections become the backends, and their ids stay the sections'", async () => {
    const file = join(folder, 'auth_config.yml')
    writeFileSync(
      file,
      `server: { addr: ":5001", certificate: a, key: b }
token: { issuer: i, expiration: 900 }
ext_auth: { command: sh }
ext_authz: { command: sh }
`,
    )
    const { config } = await inspectConfig(file)
    expect(config!.plugins.map(({ kind, id, definition }) => [kind, id, definition.name])).to.deep.equal([
      ['authenticator', 'ext_auth', 'exec'],
      ['authorizer', 'ext_authz', 'exec'],
    ])
  })
})
