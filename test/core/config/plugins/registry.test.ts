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

  const packaged = (name: string, exports: string) =>
    JSON.stringify({ name: `dockwarden-plugin-${name}`, type: 'module', exports: JSON.parse(exports) })
  const PACKAGES = 'node_modules/dockwarden-plugin-'
  const BESIDE = {
    'helper.ts': 'export const x = 1',
    'enum.ts': 'export enum A { B }',
    'data.json': '{}',
    'folder/index.ts': GOOD,
    [`${PACKAGES}stripped/package.json`]: packaged('stripped', '"./main.ts"'),
    [`${PACKAGES}stripped/main.ts`]: 'export const a: number = 1',
    [`${PACKAGES}unbuilt/package.json`]: packaged('unbuilt', '"./dist/main.js"'),
    [`${PACKAGES}closed/package.json`]: packaged('closed', '{"./x":"./x.js"}'),
    [`${PACKAGES}hungry/package.json`]: packaged('hungry', '"./main.js"'),
    [`${PACKAGES}hungry/main.js`]: "import x from 'not-there-at-all'\nexport default x",
  }
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
      'a misspelt key of the definition',
      './key.ts',
      GOOD.replace('options:', 'provide: [], options:'),
      /key\.ts: has the unknown key "provide" in its definition; did you mean "provides"\?/,
    ],
    [
      'provides that are no list',
      './provides.ts',
      GOOD.replace('options:', 'provides: {}, options:'),
      /has provides that are an object; write a list of tokens/,
    ],
    [
      'needs that are a list',
      './needs.ts',
      GOOD.replace('options:', 'needs: [], options:'),
      /has needs that are a list; write tokens by names: needs: \{ name: TOKEN \}/,
    ],
    [
      'a need that is a text',
      './text-need.ts',
      GOOD.replace('options:', 'needs: { d: "acme/directory" }, options:'),
      /has needs\.d that is a text; write a token, made with createToken/,
    ],
    [
      'a need that is not there yet',
      './no-need.ts',
      GOOD.replace('options:', 'needs: { d: undefined }, options:'),
      /has needs\.d that is nothing \(do two files import each other\?\); write a token/,
    ],
    [
      'a flag that is no boolean',
      './flag.ts',
      GOOD.replace('options:', 'anonymous: "yes", options:'),
      /has anonymous that is a text; write true or false/,
    ],
    [
      'an api that is a text',
      './api.ts',
      GOOD.replace('options:', 'api: "1", options:'),
      /has an api that is a text; write api: 1/,
    ],
    [
      'a promise',
      './promise.ts',
      'export default Promise.resolve({})',
      /its default export is a promise, where a plugin is wanted/,
    ],
    [
      'a file without exports',
      './module.ts',
      '',
      /its default export is empty, where a plugin is wanted; write export default/,
    ],
    [
      'a list in a list',
      './nested.ts',
      'export default [[{}]]',
      /nested\.ts \[0\]: its default export is a list/,
    ],
    [
      'an import of what is in another module',
      './elsewhere.ts',
      'import { urlTemplate } from "dockwarden/plugin"\nexport default urlTemplate',
      /named 'urlTemplate'; it is in 'dockwarden\/plugin\/http'$/,
    ],
    [
      'a misspelt import',
      './misspelt.ts',
      'import { acept } from "dockwarden/plugin"\nexport default acept',
      /named 'acept'; did you mean "accept"\?$/,
    ],
    [
      'a type that is imported as a value',
      './type.ts',
      'import { Authenticator } from "dockwarden/plugin"\nexport default {} as Authenticator\nconsole.debug(Authenticator)',
      /named 'Authenticator'; if it is a type, write import \{ type Authenticator \}$/,
    ],
    [
      'the default of the contract',
      './default.ts',
      'import dw from "dockwarden/plugin"\nexport default dw',
      /named 'default'; write import \{ definePlugin, \.\.\. \} from 'dockwarden\/plugin'$/,
    ],
    [
      'a helper of another ending',
      './other-ending.ts',
      'import { x } from "./helper.js"\nexport default x',
      /; the file ends in \.ts: write that$/,
    ],
    [
      'a helper that is not there',
      './no-helper.ts',
      'import { x } from "./helpr.ts"\nexport default x',
      /; correct the path in the import$/,
    ],
    [
      'an enum in a helper, by the name of the helper',
      './enum-helper.ts',
      'import { A } from "./enum.ts"\nexport default A',
      /\/enum\.ts:1: SyntaxError: .*use no enum/,
    ],
    [
      'JSON without its attribute',
      './json.ts',
      'import x from "./data.json"\nexport default x',
      /data\.json.*; write with \{ type: 'json' \} behind that import$/,
    ],
    [
      'a decorator',
      './decorator.ts',
      'const d = (x: unknown) => x\n@d class A {}\nexport default A',
      /; Node knows no decorators$/,
    ],
    [
      '__dirname',
      './dirname.ts',
      'export default __dirname',
      /dirname\.ts:1: ReferenceError: .*; write import\.meta\.dirname$/,
    ],
    ['a file that is no module', './data.json', '{}', /; write with \{ type: 'json' \}/],
    [
      'a file of no known ending',
      './notes.md',
      '# x',
      /Unknown file extension.*; a plugin is a file that ends in \.ts, \.js, \.mts, \.mjs$/,
    ],
    ['a folder', './folder', undefined, /it is a folder; write \.\/folder\/index\.ts$/],
    [
      'a file of another ending',
      './helper.js',
      undefined,
      /helper\.js: there is no such file; write \.\/helper\.ts$/,
    ],
    ['a misspelt file', './Helpr.ts', undefined, /Helpr\.ts: there is no such file; write \.\/helper\.ts$/],
    [
      'a path from home',
      '~/helper.ts',
      undefined,
      /~\/helper\.ts is no path of a plugin; write one that begins with/,
    ],
    ['a URL', 'https://x.example/a.ts', undefined, /is no path of a plugin; write one that begins with/],
    [
      'a package of a scope that is not installed',
      '@acme/fleet',
      undefined,
      /there is no plugin "@acme\/fleet"; install it: npm install --prefix \/.*refused @acme\/fleet \(/,
    ],
    [
      'a package that is not installed',
      'observatory',
      undefined,
      /; known: .*; a package is installed with npm install --prefix \/.*refused dockwarden-plugin-observatory \(/,
    ],
    [
      'a package of TypeScript',
      'stripped',
      undefined,
      /under node_modules.*; a package must hold JavaScript: compile it before it is published$/,
    ],
    [
      'a package whose file is not there',
      'unbuilt',
      undefined,
      /; its package\.json names a file that is not there: build the package, or install it anew$/,
    ],
    [
      'a package that exports nothing',
      'closed',
      undefined,
      /; its package\.json needs "exports": "\.\/FILE\.js"$/,
    ],
    [
      'a package whose own dependency is missing',
      'hungry',
      undefined,
      /; install it beside the plugin: npm install --prefix \/[^ ]*refused not-there-at-all$/,
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
      for (const [file, content] of Object.entries(BESIDE)) write(join('refused', file), content)
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

  it('takes the default export of a CommonJS module that a compiler made', async () => {
    write('eight/node_modules/dockwarden-plugin-old/package.json', '{"main":"./main.js"}')
    write(
      'eight/node_modules/dockwarden-plugin-old/main.js',
      `Object.defineProperty(exports, '__esModule', { value: true })
       const { definePlugin, z } = require('dockwarden/plugin')
       exports.default = [definePlugin({ kind: 'labeler', name: 'old', options: z.strictObject({}), create: () => ({}) })]`,
    )
    expect((await findPlugin('old', join(folder, 'eight'), 'labeler')).definition.name).to.equal('old')
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
