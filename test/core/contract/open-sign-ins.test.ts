// A sign-in where the whole world has an account, and nothing says who may come in, is warned of.
import { expect } from 'chai'
import { type PluginDefinition, Secret } from '../../../core/plugin.ts'
import { testHost } from '../../../core/testing/index.ts'
import github from '../../../plugins/github/index.ts'
import gitlab from '../../../plugins/gitlab/index.ts'
import google from '../../../plugins/google/index.ts'
import oidc from '../../../plugins/oidc/index.ts'

const CLIENT = { client_id: 'a', client_secret: new Secret('b') }
const REDIRECT = { redirect_url: 'https://auth.example.com/x_auth' }

async function warningsOf(plugin: PluginDefinition, options: object): Promise<string[]> {
  const host = testHost()
  const instance = await plugin.create(plugin.options.parse({ ...CLIENT, ...REDIRECT, ...options }), host)
  await instance.close?.()
  return host.log.lines.map(({ message }) => message)
}

const CASES: [PluginDefinition, string, object, object][] = [
  [
    github,
    'GitHub can sign in; set organizations',
    { organizations: ['acme'] },
    { web_url: 'https://git.example.com' },
  ],
  [
    gitlab,
    'gitlab.com can sign in; set allowed_groups',
    { allowed_groups: ['acme'] },
    { web_url: 'https://git.example.com' },
  ],
  [google, 'Google can sign in; set domain', { domain: 'example.com' }, { accept: 'has(claims.hd)' }],
]

describe('a sign-in with oidc', () => {
  const tenant =
    'everyone with an account at Microsoft can sign in; set issuer to that of your tenant, or accept'
  const google = 'everyone with an account at Google can sign in; set accept'
  for (const [issuer, warning] of [
    ['https://accounts.google.com', google],
    ['https://login.microsoftonline.com/common/v2.0', tenant],
    ['https://login.microsoftonline.com/organizations/v2.0', tenant],
    ['https://login.microsoftonline.com/consumers/v2.0', tenant],
  ] as const) {
    it(`is warned of when ${issuer} signs in everybody, also when accept is true`, async () => {
      expect(await warningsOf(oidc, { issuer })).to.deep.equal([warning])
      expect(await warningsOf(oidc, { issuer, accept: 'true' })).to.deep.equal([warning])
    })

    it(`is not warned of when accept says who may sign in at ${issuer}`, async () => {
      expect(await warningsOf(oidc, { issuer, accept: 'claims.tid == "a"' })).to.deep.equal([])
    })
  }

  for (const issuer of [
    'https://login.microsoftonline.com/0b2c5a4e-1111-4222-8333-944455556666/v2.0',
    'https://login.microsoftonline.com/commons/v2.0',
    'https://accounts.google.com.example.com',
    'https://login.example.com/common/v2.0',
  ]) {
    it(`is not warned of at ${issuer}`, async () => {
      expect(await warningsOf(oidc, { issuer, accept: 'true' })).to.deep.equal([])
    })
  }
})

for (const [plugin, warning, restricted, elsewhere] of CASES) {
  describe(`a sign-in with ${plugin.name}`, () => {
    it('is warned of when it is open to everybody', async () => {
      expect(await warningsOf(plugin, {})).to.deep.equal([`everyone with an account at ${warning} or accept`])
    })

    for (const options of [restricted, elsewhere, { accept: 'false' }]) {
      it(`is not warned of with ${JSON.stringify(options)}`, async () => {
        expect(await warningsOf(plugin, options)).to.deep.equal([])
      })
    }
  })
}
