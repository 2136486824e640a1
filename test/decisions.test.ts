// docs/decisions is in order: the index has each file once, under its group and by its title; a file has its date, its parts and live links.
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { deadLinks } from './support/pages.ts'

const FOLDER = resolve(import.meta.dirname, '../docs/decisions')
const FILES = globSync('*.md', { cwd: FOLDER }).filter((name) => name !== 'README.md')

const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')

/** The lines of the index, each with the heading that it stands under. */
function indexed(): { group: string; title: string; file: string }[] {
  const [, ...groups] = read('README.md').split(/^## /m)
  return groups.flatMap((text) => {
    const [heading, ...lines] = text.trimEnd().split('\n')
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const entry = /^- \[(.+)\]\(([^)]+)\)$/.exec(line)
        if (!entry) throw new Error(`docs/decisions/README.md: not "- [title](file)": ${line}`)
        return { group: heading!, title: entry[1]!, file: entry[2]! }
      })
  })
}

describe('docs/decisions', () => {
  it('the index has each file once', () =>
    expect(
      indexed()
        .map(({ file }) => file)
        .sort(),
    ).to.deep.equal(FILES.sort()))

  it('the index has each group once', () => {
    const headings = [...read('README.md').matchAll(/^## (.+)$/gm)].map(([, name]) => name)
    expect(headings).to.deep.equal([...new Set(headings)])
  })

  it('the index has no dead links', () => expect(deadLinks(join(FOLDER, 'README.md'))).to.deep.equal([]))

  for (const file of FILES)
    it(`${file} has its title, date, group, three sections and live links`, () => {
      const [title, blank, dated, ...rest] = read(file).split('\n')
      const entry = indexed().find((line) => line.file === file)
      expect(file).to.match(/^\d{4}-\d\d-\d\d-[a-z0-9]+(-[a-z0-9]+)*\.md$/)
      expect(title).to.equal(`# ${entry?.title}`)
      expect(blank).to.equal('')
      expect(dated?.toLowerCase()).to.equal(`${file.slice(0, 10)}, group: ${entry?.group.toLowerCase()}`)
      expect(new Date(file.slice(0, 10)).toISOString().slice(0, 10)).to.equal(file.slice(0, 10))
      const [before, ...sections] = rest.join('\n').split(/^## /m)
      expect(before!.trim()).to.equal('')
      expect(sections.map((text) => text.split('\n')[0])).to.deep.equal([
        'Context',
        'Decision',
        'Consequences',
      ])
      for (const text of sections) expect(text.split('\n').slice(1).join('').trim()).to.not.equal('')
      expect(deadLinks(join(FOLDER, file))).to.deep.equal([])
    })
})
