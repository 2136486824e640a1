// CHANGELOG.md and UPGRADE.md: in their form, of the version that package.json has, with links that lead somewhere.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { compareVersions, faultsOf, release, sectionOf } from '../scripts/release/changelog.ts'
import { deadLinks } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
const CHANGELOG = read('CHANGELOG.md')
const VERSION: string = JSON.parse(read('package.json')).version

const GOOD = `# Changelog

## [Unreleased]

### Added

- A thing,
  in two lines.

### Fixed

- Another.

## [0.2.0] - 2026-02-28

### Security

- It.

## [0.1.0] - 2026-01-31

### Added

- All.
`

describe('CHANGELOG.md', () => {
  it('has the form of Keep a Changelog', () => expect(faultsOf(CHANGELOG)).to.deep.equal([]))

  it('has the version of package.json as its newest', () => {
    const newest = /^## \[(\d\S*)\]/m.exec(CHANGELOG)?.[1]
    expect(newest).to.equal(VERSION)
    expect(sectionOf(CHANGELOG, VERSION)).to.not.equal('')
  })

  for (const page of ['CHANGELOG.md', 'UPGRADE.md'])
    it(`${page} has no dead links`, () => expect(deadLinks(join(ROOT, page))).to.deep.equal([]))

  it('UPGRADE.md begins with what comes after this version, or with this version', () => {
    const first = /^## (.+)$/m.exec(read('UPGRADE.md'))?.[1]
    expect(first).to.match(new RegExp(`^(After|From \\S+ to) ${VERSION.replaceAll('.', '\\.')}$`))
  })
})

describe('the form of a changelog', () => {
  it('is right as Keep a Changelog has it, also without anything unreleased', () => {
    expect(faultsOf(GOOD)).to.deep.equal([])
    expect(faultsOf(release(GOOD, '0.3.0', '2026-03-01'))).to.deep.equal([])
  })

  const wrong: [what: string, from: string, to: string, fault: RegExp][] = [
    ['another title', '# Changelog', '# Changes', /^line 1: must be/],
    [
      'nothing unreleased',
      '## [Unreleased]',
      '## [0.3.0] - 2026-03-01',
      /first section must be "## \[Unreleased\]"/,
    ],
    ['no date', '## [0.2.0] - 2026-02-28', '## [0.2.0]', /^line 14: must be "## \[X\.Y\.Z\] - YYYY-MM-DD"/],
    ['no such day', '2026-02-28', '2026-02-30', /^line 14: must be/],
    ['a version without brackets', '[0.2.0]', '0.2.0', /^line 14: must be/],
    ['versions that run up', '[0.1.0]', '[0.10.0]', /0\.10\.0 must be older than 0\.2\.0/],
    ['dates that run up', '2026-01-31', '2026-03-31', /0\.1\.0 must be older/],
    ['the unreleased below', '## [0.1.0] - 2026-01-31', '## [Unreleased]', /must stand first, and once/],
    ['a group of its own', '### Fixed', '### Mended', /^line 10: groups are Added, /],
    [
      'groups in another order',
      '### Added\n\n- A thing',
      '### Security\n\n- A thing',
      /Fixed must stand once, before Security/,
    ],
    ['a group twice', '### Fixed', '### Added', /Added must stand once/],
    ['an empty group', '- Another.\n', '', /the last group is empty/],
    ['an empty group before another', '- A thing,\n', '', /the group before it is empty/],
    ['a line in no group', '### Security\n\n', '', /stands in no group/],
  ]
  for (const [what, from, to, fault] of wrong) {
    it(`is wrong with ${what}`, () => {
      expect(GOOD).to.contain(from)
      expect(faultsOf(GOOD.replace(from, to)).join('\n')).to.match(fault)
    })
  }

  it('a release makes a section of what was unreleased, and nothing else', () => {
    const released = release(GOOD, '0.3.0', '2026-03-01')
    expect(sectionOf(released)).to.equal('')
    expect(sectionOf(released, '0.3.0')).to.equal(sectionOf(GOOD))
    expect(released.replace('## [0.3.0] - 2026-03-01\n\n', '')).to.equal(GOOD)
  })

  it('compares versions by their numbers', () => {
    const versions = ['1.0.0', '0.9.10', '0.10.0', '0.9.9']
    expect(versions.sort(compareVersions)).to.deep.equal(['0.9.9', '0.9.10', '0.10.0', '1.0.0'])
  })
})
