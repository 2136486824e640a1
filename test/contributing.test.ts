// CONTRIBUTING.md, the pages that go on from it, and SECURITY.md are true: the layout names each room and each folder, tables name files
// that exist, links lead somewhere.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { deadLinks, linksOf } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const TEXT = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
/** What stands there without being the project's, or that nobody keeps. */
const NOT_KEPT = ['.git', 'node_modules', ...ignored()]

function ignored(): string[] {
  return readFileSync(join(ROOT, '.gitignore'), 'utf8')
    .split('\n')
    .map((line) => line.replaceAll('/', ''))
}

function foldersOf(path: string): string[] {
  return readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_KEPT.includes(entry.name))
    .map(({ name }) => name)
}

function section(heading: string, text = TEXT): string {
  return text.split(`${heading}\n`)[1]!.split(/^##/m)[0]!
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The files that a text names as code. */
function filesNamed(text: string): string[] {
  return [...text.matchAll(/`([\w/-]+\.(?:test\.)?ts)`/g)].map(([, path]) => path!)
}

describe('CONTRIBUTING.md', () => {
  // Four spaces before a folder of the repository, six before one of core.
  const layout = [...section('## The layout').matchAll(/^( {4}| {6})(\S.*?)(?: {2,}|$)/gm)]
  const named = (indent: number) =>
    layout
      .filter(([, spaces]) => spaces!.length === indent)
      .flatMap(([, , names]) => names!.split(' '))
      .filter((name) => name.endsWith('/'))
      .map((name) => name.split('/')[0]!)

  it('names each folder of the repository, once', () => {
    // What begins with a dot may also be an editor's.
    const there = foldersOf('.').filter((name) => !name.startsWith('.') || named(4).includes(name))
    expect(named(4).sort()).to.deep.equal(there.sort())
  })

  it('names each room of core, once', () => {
    expect(named(6).sort()).to.deep.equal(foldersOf('core').sort())
  })

  it('has the rooms of core in the order of the table that is enforced', () => {
    const enforced = [...read('test/core/imports.test.ts').matchAll(/^ {2}\[\s*'(\w[\w./-]*)', ?\n? *\[/gm)]
    const rooms = named(6)
    expect(rooms).to.deep.equal(enforced.map(([, room]) => room!).filter((room) => rooms.includes(room)))
  })

  for (const folder of ['test', 'docs'])
    it(`names each folder of ${folder}`, () => {
      const [, rest] = section('## The layout').split(`\n    ${folder}/`)
      const row = rest!.split(/^ {4}\S/m)[0]!
      for (const name of foldersOf(folder)) expect(row, name).to.contain(`${name}/`)
    })

  it('can be read in one sitting', () => expect(TEXT.split('\n').length).to.be.at.most(150))

  it('How a request flows: each file exists', () => {
    const files = filesNamed(section('## How a request flows'))
    expect(files).to.not.be.empty
    for (const file of files) expect(globSync(`core/**/${file}`, { cwd: ROOT }), file).to.not.be.empty
  })

  it('each path that it names exists', () => {
    const paths = [...TEXT.matchAll(/(?:`|bash |node |mocha )((?:\.ci|core|test|docs|plugins)\/[\w./-]+)/g)]
    expect(paths).to.not.be.empty
    for (const [, path] of paths) expect(existsSync(join(ROOT, path!)), path).to.be.true
  })

  it('names npm scripts that exist, at its start', () => {
    const scripts = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts)
    const commands = [...TEXT.matchAll(/`?npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name!)
    expect(commands).to.not.be.empty
    for (const name of commands) expect(scripts).to.include(name)
  })
})

describe('core/README.md and test/README.md', () => {
  for (const heading of ['## Under load', '### Threads and processes'])
    it(`${heading}: each file exists`, () => {
      const files = filesNamed(section(heading, read('core/README.md')))
      expect(files).to.not.be.empty
      for (const file of files) expect(globSync(`core/**/${file}`, { cwd: ROOT }), file).to.not.be.empty
    })

  it('each folder of tests has a line', () => {
    const rows = [...read('test/README.md').matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, name]) => name!)
    expect(rows.sort()).to.deep.equal(foldersOf('test').sort())
  })
})

describe('SECURITY.md', () => {
  it('names a test for each promise', () => {
    const rows = section('## What is promised', read('SECURITY.md'))
      .split('\n')
      .filter((line) => line.startsWith('| **'))
    expect(rows).to.not.be.empty
    for (const row of rows) expect(row).to.match(/\]\((test|plugins)\/[\w./-]+\.test\.ts\) \|$/)
  })
})

describe('the papers beside README.md', () => {
  for (const page of [
    'CONTRIBUTING.md',
    'SECURITY.md',
    'core/README.md',
    'test/README.md',
    ...globSync('docs/*.md', { cwd: ROOT }).sort(),
  ])
    it(`${page} has no dead links`, () => expect(deadLinks(join(ROOT, page))).to.deep.equal([]))

  it('each page is two clicks from README.md at most', () => {
    const seen = new Set([join(ROOT, 'README.md')])
    for (let clicks = 0; clicks < 2; clicks++)
      for (const page of [...seen].filter((path) => path.endsWith('.md')))
        for (const { target } of linksOf(page)) seen.add(target)
    const pages = globSync('{*.md,{bench,docs,examples,load}/**/*.md,{core,plugins/[a-z]*,test}/README.md}', {
      cwd: ROOT,
    })
    expect(pages.length).to.be.above(100)
    expect(pages.filter((page) => !seen.has(join(ROOT, page)))).to.deep.equal([])
  })
})
