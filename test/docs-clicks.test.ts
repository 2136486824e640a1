// Whatever the papers say is two clicks from README.md at most.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'

const ROOT = resolve(import.meta.dirname, '..')
const CLICKS = 2

/** The pages that a page leads to, by their paths in the repository. */
function leadsTo(page: string): string[] {
  const links = readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([^)\s#]+\.md)(?:#[^)\s]*)?\)/g)
  return [...links]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => relative(ROOT, resolve(ROOT, dirname(page), link)))
}

describe('README.md', () => {
  it('leads to each page with two clicks', () => {
    let reached = new Set(['README.md'])
    for (let click = 0; click < CLICKS; click += 1)
      reached = new Set([...reached].flatMap((page) => [page, ...leadsTo(page)]))
    const pages = globSync(['*.md', '{docs,examples,plugins,bench,load}/**/*.md'], { cwd: ROOT })
    const far = pages.filter((page) => !page.startsWith('plugins/_template/') && !reached.has(page))
    expect(far.sort()).to.deep.equal([])
    expect(reached).to.include('docs/guides/ldap.md')
  })
})
