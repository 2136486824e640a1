// docs/doctor.md has a heading for each thing that the doctor looks at, and no other.
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { deadLinks } from '../../support/pages.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const PAGE = join(ROOT, 'docs/doctor.md')

describe('docs/doctor.md', () => {
  it('has a heading for each id of a finding, and no other', () => {
    const sources = globSync('core/{doctor,cli/doctor}/**/*.ts', { cwd: ROOT }).map((name) =>
      readFileSync(join(ROOT, name), 'utf8'),
    )
    const used = sources.flatMap((text) =>
      [...text.matchAll(/\b(?:ok|warning|wrong)\(\s*'([a-z0-9-]+)'/g)].map(([, id]) => id!),
    )
    const headings = [...readFileSync(PAGE, 'utf8').matchAll(/^### (.*)$/gm)].map(([, id]) => id!)
    // Made of whose it is.
    const all = new Set([...used, 'registry-certificate', 'realm-certificate'])
    expect([...headings].sort()).to.deep.equal([...all].sort())
  })

  it('has no dead links', () => {
    expect(deadLinks(PAGE)).to.deep.equal([])
  })
})
