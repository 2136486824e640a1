// docs/acl-cookbook.md: each recipe loads without a warning, decides as its cases say, and has no rule that no case reaches.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { examine } from '../core/cli/check.ts'
import { readCases } from '../core/policy/cases.ts'
import { openPolicy } from '../core/policy/open.ts'
import { runCases } from '../core/policy/run-cases.ts'
import { RuleTally } from '../core/policy/tally.ts'
import { blocksOf } from './support/pages.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/acl-cookbook.md'), 'utf8')
const RECIPES = PAGE.split(/^## /m).slice(1)

describe('docs/acl-cookbook.md', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-cookbook-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('has a dozen recipes', () => {
    expect(RECIPES.length).to.be.at.least(12)
  })

  for (const recipe of RECIPES) {
    it(recipe.split('\n')[0]!, async () => {
      const [rules, cases, ...more] = blocksOf(recipe).map(({ text }) => text)
      expect(more).to.deep.equal([])
      const file = join(folder, 'dockwarden.yml')
      const config = {
        server: { listen: '127.0.0.1:0', state_dir: join(folder, 'var') },
        authenticators: [{ plugin: 'static', options: { users: { '': {}, ann: { any_password: true } } } }],
        authorizers: [{ plugin: 'acl', options: parse(rules!) }],
      }
      writeFileSync(file, stringify(config))
      writeFileSync(join(folder, 'policy.yml'), `config: dockwarden.yml\n${cases}`)

      const { problems, warnings } = await examine(file)
      expect(problems).to.deep.equal([])
      expect(warnings.filter((warning) => JSON.stringify(warning).includes('authorizers'))).to.deep.equal([])
      const policy = await openPolicy(file, { passing: [] })
      try {
        const tally = new RuleTally(policy)
        const results = await runCases(policy, readCases(join(folder, 'policy.yml')).cases, tally)
        expect(results.filter(({ outcome }) => outcome !== 'passed')).to.deep.equal([])
        expect(tally.share().never).to.deep.equal([])
      } finally {
        await policy.close()
      }
    })
  }
})
