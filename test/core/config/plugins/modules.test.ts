import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { importPlugin } from '../../../../core/config/plugins/modules.ts'
import { findPlugin } from '../../../../core/config/plugins/registry.ts'

describe('a plugin’s module', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-modules-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function write(name: string, text: string): void {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const load = (name = 'plugin.ts') =>
    importPlugin(pathToFileURL(join(folder, name)).href, import.meta.url).then(({ module, files }) => ({
      module,
      value: module.default as Record<string, unknown>,
      files: files.map((file) => file.slice(folder.length + 1)),
    }))

  it('is imported once while its files stay the same', async () => {
    write('plugin.ts', 'export default { made: Math.random() }')
    const [one, other] = await Promise.all([load(), load()])
    expect(one.module).to.equal(other.module)
    write('plugin.ts', 'export default { made: Math.random() }')
    expect((await load()).module).to.equal(one.module)
  })

  it('is imported anew when it has changed, and the former one given when it is back', async () => {
    write('plugin.ts', 'export default { version: 1 as number }')
    const first = await load()
    write('plugin.ts', 'export default { version: 2 as number }')
    const second = await load()
    expect([first.value.version, second.value.version]).to.deep.equal([1, 2])
    write('plugin.ts', 'export default { version: 1 as number }')
    expect((await load()).module).to.equal(first.module)
  })

  const parts: readonly (readonly [
    what: string,
    name: string,
    text: (version: number) => string,
    importing: string,
  ])[] = [
    ['a file beside it', 'part.ts', (n) => `export default ${n} as number`, "'./part.ts'"],
    ['a file in another folder', 'lib/deep/part.js', (n) => `export default ${n}`, "'./lib/deep/part.js'"],
    ['CommonJS', 'part.cjs', (n) => `module.exports = ${n}`, "'./part.cjs'"],
    ['JSON', 'part.json', (n) => `${n}`, "'./part.json' with { type: 'json' }"],
  ]
  for (const [what, name, text, importing] of parts) {
    it(`counts ${what} that it imports as its own`, async () => {
      write('plugin.ts', `import part from ${importing}; export default { part }`)
      write(name, text(1))
      const first = await load()
      expect(first.files).to.have.members(['plugin.ts', name])
      write(name, text(2))
      expect((await load()).value.part).to.equal(2)
      write(name, text(1))
      expect((await load()).module).to.equal(first.module)
    })
  }

  it('counts what is imported by what it imports, also later and in a circle', async () => {
    write('plugin.ts', "import { a } from './a.ts'; export default { a, later: () => import('./late.ts') }")
    write('a.ts', "import { b } from './b.ts'; export const a = () => b")
    write('b.ts', "import { a } from './a.ts'; export const b = 1; export const same = () => a")
    write('late.ts', 'export default 1')
    const first = await load()
    await (first.value.later as () => Promise<unknown>)()
    expect((await load()).files).to.have.members(['plugin.ts', 'a.ts', 'b.ts', 'late.ts'])
    write('late.ts', 'export default 2')
    const second = await load()
    expect(second.module).not.to.equal(first.module)
    const later = (await (second.value.later as () => Promise<{ default: number }>)()).default
    expect(later).to.equal(2)
    write('b.ts', 'export const b = 3')
    expect(((await load()).value.a as () => number)()).to.equal(3)
  })

  it('keeps what is the host’s, and what comes from packages', async () => {
    write('node_modules/counted/index.js', 'export default { made: Math.random() }')
    write('node_modules/counted/package.json', '{"type":"module","exports":"./index.js"}')
    const text = (n: number) =>
      `import { Secret } from 'dockwarden/plugin'; import counted from 'counted'; export default { Secret, counted, n: ${n} }`
    write('plugin.ts', text(1))
    const first = await load()
    write('plugin.ts', text(2))
    const second = await load()
    expect(second.value.n).to.equal(2)
    expect(second.value.Secret).to.equal(first.value.Secret)
    expect(second.value.counted).to.equal(first.value.counted)
  })

  const faults: readonly (readonly [what: string, broken: string, mended: string])[] = [
    ['an error of syntax', 'export default +', 'export default { version: 2 }'],
    ['an exception', 'throw new Error("no")', 'export default { version: 2 }'],
    ['types that can’t be stripped', 'enum A { B }; export default A', 'export default { version: 2 }'],
    [
      'a name that nothing exports',
      "import { x } from './other.ts'; export default x",
      'export default { version: 2 }',
    ],
  ]
  for (const [what, broken, mended] of faults) {
    it(`that could not be loaded for ${what} is loaded once it is mended`, async () => {
      write('other.ts', 'export const y = 1')
      write('plugin.ts', broken)
      expect(await load().catch(() => 'failed')).to.equal('failed')
      expect(await load().catch(() => 'failed')).to.equal('failed')
      write('plugin.ts', mended)
      expect((await load()).value.version).to.equal(2)
    })
    it(`whose part could not be loaded for ${what} is loaded once that is mended`, async () => {
      write('other.ts', 'export const y = 1')
      write('part.ts', broken)
      write('plugin.ts', "import part from './part.ts'; export default part")
      expect(await load().catch(() => 'failed')).to.equal('failed')
      write('part.ts', mended)
      expect((await load()).value.version).to.equal(2)
    })
  }

  it('is looked for again when something was missing', async () => {
    write('plugin.ts', "import part from './part.ts'; export default { part }")
    expect(await load().catch((error) => error.code)).to.equal('ERR_MODULE_NOT_FOUND')
    write('part.ts', 'export default 1')
    expect((await load()).value.part).to.equal(1)
  })

  it('is evaluated once, also when that fails', async () => {
    write('plugin.ts', 'globalThis.evaluated = (globalThis.evaluated ?? 0) + 1; throw new Error("no")')
    for (let time = 0; time < 3; time++) await load().catch(() => {})
    const global = globalThis as { evaluated?: number }
    expect(global.evaluated).to.equal(1)
    delete global.evaluated
  })

  it('of a package is imported anew with its files', async () => {
    const definition = (name: string) =>
      `import { definePlugin, z } from 'dockwarden/plugin'
       import { create } from './create.js'
       export default definePlugin({ kind: 'authenticator', name: '${name}', options: z.strictObject({}), create })`
    write(
      'node_modules/dockwarden-plugin-vault/package.json',
      '{"type":"module","exports":"./main.js","version":"1.0.0"}',
    )
    write('node_modules/dockwarden-plugin-vault/main.js', definition('one'))
    write('node_modules/dockwarden-plugin-vault/create.js', 'export const create = () => ({})')
    const first = await findPlugin('vault', folder, 'authenticator')
    expect(first.files).to.have.lengthOf(2)
    write('node_modules/dockwarden-plugin-vault/create.js', 'export const create = () => ({ }) // changed')
    const second = await findPlugin('vault', folder, 'authenticator')
    expect(second.module).not.to.equal(first.module)
    expect((await findPlugin('vault', folder, 'authenticator')).module).to.equal(second.module)
  })

  it('that was read anew names its file in errors as it is called', async () => {
    write('plugin.ts', 'export default 1')
    await load()
    write('plugin.ts', 'export default 1\nthrow new Error("at the top")')
    const error = await findPlugin('./plugin.ts', folder, 'labeler').catch((fault: Error) => fault)
    expect((error as Error).message).to.equal(
      `cannot load ${folder}/plugin.ts: ${folder}/plugin.ts:2: Error: at the top`,
    )
  })
})
