// The rules that keep the house habitable: who may import whom, and how long a file may be.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect } from 'chai'
import { BUILT_IN, FORMER_NAMES } from '../../plugins/index.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const MAX_LINES = 320

/**
 * The rooms of the house, from the top to the bottom, and the rooms that each may import: only some that stand below it. A room is a
 * folder of core, or a file of its own; the plugins are one.
 */
const ROOMS: readonly (readonly [string, readonly string[]])[] = [
  ['main.ts', ['cli', 'kit']],
  ['index.ts', ['server', 'config', 'yaml']],
  [
    'cli',
    [
      'doctor',
      'convert',
      'policy',
      'server',
      'sign-in',
      'request',
      'config',
      'config/plugins',
      'testing',
      'config/native',
      'services',
      'token',
      'store',
      'keys',
      'x509',
      'yaml',
      'plugin.ts',
      'kit',
      'contract',
    ],
  ],
  ['convert', ['policy', 'config', 'config/docker-auth', 'config/native', 'acl', 'yaml', 'plugin.ts', 'kit']],
  [
    'policy',
    ['server', 'request', 'config', 'services', 'store', 'yaml', 'plugin.ts', 'kit', 'acl', 'contract'],
  ],
  [
    'doctor',
    [
      'server',
      'request',
      'config',
      'config/native',
      'services',
      'work',
      'token',
      'store',
      'keys',
      'x509',
      'yaml',
      'plugin.ts',
      'kit',
    ],
  ],
  [
    'server',
    [
      'acme',
      'sign-in',
      'request',
      'config',
      'config/plugins',
      'config/native',
      'metrics',
      'services',
      'work',
      'token',
      'store',
      'keys',
      'x509',
      'yaml',
      'plugin.ts',
      'kit',
      'contract',
    ],
  ],
  ['acme', ['x509', 'plugin.ts', 'kit']],
  ['sign-in', ['request', 'token', 'store', 'plugin.ts', 'kit', 'contract']],
  [
    'request',
    ['metrics', 'services', 'work', 'token', 'store', 'keys', 'x509', 'plugin.ts', 'kit', 'contract'],
  ],
  [
    'config',
    ['config/plugins', 'config/docker-auth', 'config/native', 'yaml', 'plugin.ts', 'kit', 'contract'],
  ],
  ['config/plugins', ['plugins', 'plugin.ts', 'kit', 'contract']],
  ['face', ['plugin.ts']],
  ['plugins', ['plugin.ts']],
  ['config/docker-auth', ['config/native', 'yaml', 'plugin.ts', 'kit']],
  ['config/native', ['keys', 'kit', 'contract']],
  ['testing', ['services', 'work', 'store', 'plugin.ts', 'contract']],
  ['metrics', ['services', 'work', 'plugin.ts', 'kit']],
  ['services', ['work', 'store', 'yaml', 'plugin.ts', 'kit', 'contract']],
  ['keys', ['work', 'x509', 'plugin.ts', 'kit']],
  ['work', ['plugin.ts', 'contract']],
  ['token', ['store', 'plugin.ts', 'kit', 'acl', 'contract']],
  ['store', ['plugin.ts', 'kit']],
  ['x509', ['plugin.ts']],
  ['yaml', ['plugin.ts', 'kit']],
  ['plugin.ts', ['kit', 'acl', 'cel', 'contract']],
  ['kit', ['acl', 'cel', 'contract']],
  ['acl', ['cel', 'contract']],
  ['cel', ['contract']],
  ['contract', []],
]
/** Names of plugins that are words of protocols and forms, too. */
const ALSO_WORDS: readonly string[] = ['acl', 'http', 'jwt']
const NAMES = ROOMS.map(([name]) => name)

/** The room that a file stands in. @example roomOf('core/config/native/schema.ts') // 'config/native' */
function roomOf(file: string): string {
  if (file.startsWith('plugins/')) return 'plugins'
  const parts = file.split('/').slice(1)
  const inner = parts.slice(0, 2).join('/')
  return NAMES.includes(inner) ? inner : parts[0]!
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
}

/** The files that a source imports by a relative path, from the project's root. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(ROOT, resolve(ROOT, file, '..', path!)),
  )
}

describe('the import rules', () => {
  it('let a plugin import its own folder and core/plugin.ts only', () => {
    const broken = sources('plugins')
      .filter((file) => file !== 'plugins/index.ts')
      .flatMap((file) => {
        const own = file.split('/').slice(0, 2).join('/')
        return imports(file)
          .filter((path) => !path.startsWith(`${own}/`) && path !== 'core/plugin.ts')
          .map((path) => `${file} imports ${path}`)
      })
    expect(broken).to.deep.equal([])
  })

  it('let a room import only rooms that the table names', () => {
    const broken = [...sources('core'), ...sources('plugins')].flatMap((file) => {
      const room = roomOf(file)
      const allowed = ROOMS.find(([name]) => name === room)?.[1]
      return imports(file)
        .filter((path) => roomOf(path) !== room && !allowed?.includes(roomOf(path)))
        .map((path) => `${file} (${room}) imports ${path} (${roomOf(path)})`)
    })
    expect(broken).to.deep.equal([])
  })

  it('name for each room only rooms below it, and no arrow that is not there', () => {
    const there = new Set(
      [...sources('core'), ...sources('plugins')].flatMap((file) =>
        imports(file).map((path) => `${roomOf(file)} -> ${roomOf(path)}`),
      ),
    )
    for (const [place, [room, below]] of ROOMS.entries()) {
      for (const other of below) {
        expect(NAMES.indexOf(other), `${room} -> ${other}`).to.be.greaterThan(place)
        expect(there.has(`${room} -> ${other}`), `${room} -> ${other}`).to.equal(true)
      }
    }
  })

  it('let no files import each other in a circle', () => {
    const files = [...sources('core'), ...sources('plugins')]
    const imported = new Map(files.map((file) => [file, imports(file)]))
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (file: string, way: readonly string[]) => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '))
      if (done.has(file) || way.includes(file)) return
      for (const path of imported.get(file) ?? []) visit(path, [...way, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(circles).to.deep.equal([])
  })

  it('let core name built-in plugins in their list only', () => {
    const broken = sources('core').flatMap((file) =>
      imports(file).filter((path) => path.startsWith('plugins/') && path !== 'plugins/index.ts'),
    )
    expect(broken).to.deep.equal([])
  })

  it('let core name no built-in plugin in a text, but for the translation of docker_auth', () => {
    const names = [...Object.values(BUILT_IN), ...Object.values(FORMER_NAMES)].flatMap((of) => [...of.keys()])
    const broken = sources('core')
      .filter((file) => !file.startsWith('core/config/docker-auth/'))
      .flatMap((file) => {
        const text = readFileSync(join(ROOT, file), 'utf8')
        return names
          .filter((name) => !ALSO_WORDS.includes(name) && text.includes(`'${name}'`))
          .map((name) => `${file} names ${name}`)
      })
    expect(broken).to.deep.equal([])
  })

  it('let no source outside tests use what Node cannot strip', () => {
    const broken = [...sources('core'), ...sources('plugins')].filter((file) =>
      /^\s*(export\s+)?(const\s+)?enum\s|^\s*(export\s+)?namespace\s|^\s*@\w+\(/m.test(
        readFileSync(join(ROOT, file), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, ''),
      ),
    )
    expect(broken).to.deep.equal([])
  })

  it('keep every file short enough to have one purpose', () => {
    const long = [...sources('core'), ...sources('plugins')].filter(
      (file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > MAX_LINES,
    )
    expect(long).to.deep.equal([])
  })
})
