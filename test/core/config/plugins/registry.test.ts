import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { findPlugin } from '../../../../core/config/plugins/registry.ts'

const GOOD = `
import { definePlugin, grant, z } from 'dockwarden/plugin'
export default definePlugin({
  kind: 'authorizer', name: 'all', options: z.strictObject({ level: z.number().default(1) }),
  create: () => ({ async authorize(resource) { return grant(resource.actions) } }),
})`

describe('finding a plugin', () => {
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-registry-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function write(name: string, text: string): void {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  it('takes a single .ts file with no package.json beside it', async () => {
    write('one/all.ts', GOOD)
    expect((await findPlugin('./all.ts', join(folder, 'one'), 'authorizer')).definition).to.include({
      kind: 'authorizer',
      name: 'all',
    })
  })

  it('takes a .js file that imports zod by its own name', async () => {
    write(
      'two/all.js',
      `import { z } from 'zod'
       export default { kind: 'labeler', name: 'js', options: z.strictObject({}), create: () => ({ label: async () => ({}) }) }`,
    )
    expect((await findPlugin('./all.js', join(folder, 'two'), 'labeler')).definition.name).to.equal('js')
  })

  it('takes an npm package by its short and its full name, from the configuration’s folder', async () => {
    write(
      'three/node_modules/dockwarden-plugin-vault/package.json',
      '{"type":"module","exports":"./main.js"}',
    )
    write(
      'three/node_modules/dockwarden-plugin-vault/main.js',
      `import { definePlugin, z } from 'dockwarden/plugin'
       export default definePlugin({ kind: 'authenticator', name: 'vault', options: z.strictObject({}), create: () => ({}) })`,
    )
    const base = join(folder, 'three')
    expect((await findPlugin('vault', base, 'authenticator')).definition.name).to.equal('vault')
    expect((await findPlugin('dockwarden-plugin-vault', base, 'authenticator')).definition.name).to.equal(
      'vault',
    )
  })

  const EVERY_KIND = ['authenticator', 'labeler', 'authorizer'] as const
  const BACKENDS: [name: string, kinds: readonly string[]][] = [
    ['acl', ['authorizer']],
    ['exec', ['authenticator', 'authorizer']],
    ['http', ['authenticator', 'labeler', 'authorizer']],
    ['labels-map', ['labeler']],
    ['ldap', ['authenticator', 'labeler']],
    ['mongo', ['authenticator', 'authorizer']],
    ['sql', ['authenticator', 'labeler', 'authorizer']],
  ]
  for (const [name, kinds] of BACKENDS) {
    it(`takes the built-in ${name} as ${kinds.join(' and ')}, and says so elsewhere`, async () => {
      for (const kind of EVERY_KIND) {
        const found = await findPlugin(name, folder, kind).then(
          ({ definition }) => definition,
          (fault: Error) => fault.message,
        )
        if (kinds.includes(kind)) expect(found).to.include({ kind, name })
        else expect(found).to.match(new RegExp(`^${name} is an? .*; move it to ${kinds[0]}s`))
      }
    })
  }

  const ELSEWHERE: [name: string, kind: (typeof EVERY_KIND)[number], message: string][] = [
    ['casbin', 'authenticator', 'casbin is an authorizer only; move it to authorizers'],
    ['labels-map', 'authorizer', 'labels-map is a labeler only; move it to labelers'],
    ['acl-sql', 'authenticator', 'acl-sql is an authorizer only; move it to authorizers'],
    [
      'exec',
      'labeler',
      'exec is an authenticator and an authorizer, but no labeler; move it to authenticators or authorizers',
    ],
    ['./all.ts', 'labeler', 'all is an authorizer only; move it to authorizers'],
  ]
  for (const [name, kind, message] of ELSEWHERE) {
    it(`says of ${name} among the ${kind}s: ${message}`, async () => {
      write('elsewhere/all.ts', GOOD)
      const error = await findPlugin(name, join(folder, 'elsewhere'), kind).catch((fault: Error) => fault)
      expect((error as Error).message).to.equal(message)
    })
  }

  it('takes the names that authorizers had before', async () => {
    for (const [written, name] of [
      ['acl-mongo', 'mongo'],
      ['acl-sql', 'sql'],
      ['exec-authz', 'exec'],
      ['http-authz', 'http'],
    ] as const) {
      const found = (await findPlugin(written, folder, 'authorizer')).definition
      expect(found).to.equal((await findPlugin(name, folder, 'authorizer')).definition)
      expect(found).to.include({ kind: 'authorizer', name })
    }
  })

  it('takes a package of the name of a built-in plugin of another kind', async () => {
    write('six/node_modules/dockwarden-plugin-casbin/package.json', '{"type":"module","exports":"./main.js"}')
    write(
      'six/node_modules/dockwarden-plugin-casbin/main.js',
      `import { definePlugin, z } from 'dockwarden/plugin'
       export default definePlugin({ kind: 'labeler', name: 'casbin', options: z.strictObject({}), create: () => ({}) })`,
    )
    expect((await findPlugin('casbin', join(folder, 'six'), 'labeler')).definition.kind).to.equal('labeler')
  })

  const refused: [string, string, string | undefined, RegExp][] = [
    ['a file that is missing', './gone.ts', undefined, /cannot load .*gone\.ts: there is no such file/],
    [
      'a file that throws',
      './throws.ts',
      'throw new Error("no vault here")',
      /cannot load .*throws\.ts: .*throws\.ts:1: Error: no vault here/,
    ],
    [
      'a syntax error',
      './syntax.ts',
      'const a = 1\nexport default {',
      /cannot load .*syntax\.ts: .*syntax\.ts:2: SyntaxError/,
    ],
    [
      'an import that the contract has not',
      './import.ts',
      'import { definePlugin, acept } from "dockwarden/plugin"\nexport default definePlugin(acept)',
      /cannot load .*import\.ts: .*import\.ts:1: SyntaxError: .* named 'acept'/,
    ],
    [
      'an import of a package that is not installed',
      './package.ts',
      'import vault from "no-such-vault"\nexport default vault',
      /cannot load (?!.*modules\.ts:).*package\.ts: .*Cannot find package 'no-such-vault' .*; install it beside the plugin: npm install --prefix \/.*refused no-such-vault$/,
    ],
    [
      'an import without its ending',
      './ending.ts',
      'import { x } from "./helper"\nexport default x',
      /cannot load .*ending\.ts: .*; write its whole name, with \.ts: Node adds no ending$/,
    ],
    [
      'a default export that is a text',
      './text.ts',
      'export default "a plugin"',
      /its default export is a text, where a plugin is wanted; write export default definePlugin/,
    ],
    ['an empty list', './empty.ts', 'export default []', /exports an empty list; write export default/],
    [
      'two of a kind',
      './two.ts',
      'import { z } from "zod"\nconst a = { kind: "labeler", name: "a", options: z.object({}), create() {} }\nexport default [a, { ...a, name: "b" }]',
      /exports 2 labelers \(a, b\); a list has one of each kind, so give each a file of its own/,
    ],
    [
      'one for another version of the contract',
      './newer.ts',
      'export default { kind: "labeler", name: "a", api: 2 }',
      /was written for version 2 of what plugins and server agree on \(api\), and this server has version 1; use a newer Dockwarden/,
    ],
    ['an enum', './enum.ts', 'enum A { B }\nexport default A', /Node only strips types: use no enum/],
    [
      'no default export',
      './none.ts',
      'export const a = 1',
      /has no default export, where a plugin is wanted; write export default definePlugin/,
    ],
    [
      'a wrong kind',
      './kind.ts',
      'export default { kind: "authoriser" }',
      /has the kind "authoriser"; write one of authenticator, labeler, authorizer/,
    ],
    [
      'a bad name',
      './name.ts',
      'export default { kind: "labeler", name: "My Plugin" }',
      /has the name "My Plugin"; write lower case/,
    ],
    [
      'no options',
      './options.ts',
      'export default { kind: "labeler", name: "a" }',
      /has no options schema; write options: z\.strictObject/,
    ],
    [
      'no create',
      './create.ts',
      'import { z } from "zod"\nexport default { kind: "labeler", name: "a", options: z.object({}) }',
      /has no create function/,
    ],
    [
      'a misspelt built-in name',
      'statik',
      undefined,
      /no plugin "statik"; did you mean "static"\? \(not built in; package dockwarden-plugin-statik from .*: not installed.*\)/,
    ],
    [
      "docker_auth's name of a section",
      'ext_auth',
      undefined,
      /there is no plugin "ext_auth"; docker_auth's ext_auth is exec here \(not built in;/,
    ],
    [
      'a file without ./ in front',
      'vault.ts',
      undefined,
      /there is no plugin "vault\.ts"; write \.\/vault\.ts for a file \(/,
    ],
    [
      'a file without its end',
      './no-end',
      undefined,
      /cannot load .*no-end: there is no such file; correct the path/,
    ],
  ]
  for (const [what, name, text, message] of refused) {
    it(`refuses ${what} with what to do`, async () => {
      const base = join(folder, 'refused')
      write('refused/helper.ts', 'export const x = 1')
      if (text !== undefined) write(join('refused', name), text)
      const error = await findPlugin(name, base, 'authenticator').catch((fault: Error) => fault)
      expect((error as Error).message).to.match(message)
    })
  }

  it('takes each kind of a list, and says what else there is', async () => {
    const plugin = (kind: string) =>
      `{ kind: '${kind}', name: 'corp', options: z.object({ url: z.string() }), create() {} }`
    write(
      'seven/corp.ts',
      `import { z } from 'zod'\nexport default [${['authenticator', 'labeler'].map(plugin)}]`,
    )
    for (const kind of ['authenticator', 'labeler'] as const) {
      const found = await findPlugin('./corp.ts', join(folder, 'seven'), kind)
      expect(found.definition).to.include({ kind, name: 'corp' })
      expect(found.from).to.equal(join(folder, 'seven/corp.ts'))
      // z.object or z.strictObject: what is misspelt is told.
      const { error } = found.definition.options.safeParse({ url: 'x', ulr: 'y' })
      expect(error?.issues[0]?.code).to.equal('unrecognized_keys')
    }
    const error = await findPlugin('./corp.ts', join(folder, 'seven'), 'authorizer').catch(
      (fault: Error) => fault,
    )
    expect((error as Error).message).to.equal(
      'corp is an authenticator and a labeler, but no authorizer; move it to authenticators or labelers',
    )
  })

  it('says why a plugin below a CommonJS package.json does not load, and takes it as .mts', async () => {
    write('five/package.json', '{"type":"commonjs"}')
    write('five/all.ts', GOOD)
    write('five/all.mts', GOOD)
    const error = await findPlugin('./all.ts', join(folder, 'five'), 'authorizer').catch(
      (fault: Error) => fault,
    )
    expect((error as Error).message).to.match(
      /says CommonJS: set "type": "module" there, or end its name in \.mts/,
    )
    expect((await findPlugin('./all.mts', join(folder, 'five'), 'authorizer')).definition.name).to.equal(
      'all',
    )
  })

  it('reports a package that is there but fails as that, not as missing', async () => {
    write('four/node_modules/dockwarden-plugin-bad/package.json', '{"type":"module","exports":"./main.js"}')
    write('four/node_modules/dockwarden-plugin-bad/main.js', `import 'not-installed-anywhere'`)
    const error = await findPlugin('bad', join(folder, 'four'), 'labeler').catch((fault: Error) => fault)
    expect((error as Error).message).to.match(
      /dockwarden-plugin-bad from .*Cannot find package 'not-installed-anywhere'/,
    )
  })
})
