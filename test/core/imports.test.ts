// The rules that keep the house habitable: who may import whom, and how long a file may be.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect } from 'chai'

const ROOT = resolve(import.meta.dirname, '../..')
const MAX_LINES = 320

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
}

/** The files that a source imports by a relative path, from the project's root. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(ROOT, resolve(ROOT, file, '..', path!)),
  )
}

describe('the import rules', () => {
  it('let a plugin import its own folder and the contract only', () => {
    const broken = sources('plugins').flatMap((file) => {
      const own = file.split('/').slice(0, 2).join('/')
      return imports(file)
        .filter((path) => !path.startsWith(`${own}/`) && path !== 'core/plugin.ts')
        .map((path) => `${file} imports ${path}`)
    })
    expect(broken).to.deep.equal([])
  })

  it('let core import plugins in the registry only', () => {
    const broken = sources('core')
      .filter((file) => file !== 'core/config/plugins/registry.ts')
      .flatMap((file) =>
        imports(file)
          .filter((path) => path.startsWith('plugins/'))
          .map((path) => `${file} imports ${path}`),
      )
    expect(broken).to.deep.equal([])
  })

  it('let the steps of a request know nothing of the start', () => {
    const broken = sources('core/request').flatMap((file) =>
      imports(file)
        .filter((path) => path.startsWith('core/boot/'))
        .map((path) => `${file} imports ${path}`),
    )
    expect(broken).to.deep.equal([])
  })

  it('let the contract import nothing but itself', () => {
    const broken = sources('core/contract').flatMap((file) =>
      imports(file)
        .filter((path) => !path.startsWith('core/contract/'))
        .map((path) => `${file} imports ${path}`),
    )
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
