// Each example with an ACL has cases for it, which try every rule.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readCases } from '../core/policy/cases.ts'
import { caseJsonSchema } from '../core/policy/json-schema.ts'
import { openPolicy } from '../core/policy/open.ts'
import { runCases } from '../core/policy/run-cases.ts'
import { RuleTally } from '../core/policy/tally.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** What plugins need that are asked nothing here. */
const ENVIRONMENT = {
  COMPANY_LDAP: 'ldaps://ldap.company.example',
  COMPANY_LDAP_PASSWORD: 'a password of the test',
  PARTNER_LDAP: 'ldaps://ldap.partner.example',
  PARTNER_LDAP_PASSWORD: 'a password of the test',
  DEPLOY_PASSWORD: 'a password of the test',
  PROJECTS_DATABASE: 'postgres://dockwarden:password@db.company.example/projects',
}

describe('the policies of the examples', () => {
  before(() => void Object.assign(process.env, ENVIRONMENT))
  after(() => {
    for (const name of Object.keys(ENVIRONMENT)) delete process.env[name]
  })

  const configs = globSync('examples/*/{,config/}*.yml', { cwd: ROOT }).filter((file) =>
    /^acl:|^authorizers:/m.test(readFileSync(join(ROOT, file), 'utf8')),
  )
  it('are tried', () => {
    expect(configs.length).to.be.at.least(6)
  })
  for (const config of configs) {
    const file = join(ROOT, config.split('/').slice(0, 2).join('/'), 'policy.yml')
    it(`${config} decides as ${dirname(config).split('/')[1]}/policy.yml expects, by every rule`, async () => {
      const { config: named, passing, cases } = readCases(file)
      expect(named).to.equal(join(ROOT, config))
      const policy = await openPolicy(named!, { passing })
      try {
        const tally = new RuleTally(policy)
        const results = await runCases(policy, cases, tally)
        expect(results.filter(({ outcome }) => outcome !== 'passed')).to.deep.equal([])
        expect(tally.share().never).to.deep.equal([])
      } finally {
        await policy.close()
      }
    })
  }

  it('have the schema that config/policy.schema.json holds (npm run schema)', () => {
    const shipped = JSON.parse(readFileSync(join(ROOT, 'config/policy.schema.json'), 'utf8'))
    expect(shipped).to.deep.equal(JSON.parse(JSON.stringify(caseJsonSchema())))
  })
})
