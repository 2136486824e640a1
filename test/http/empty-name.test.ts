// `repository::pull`, which zot asks for before it lists its catalog: an empty name is a name.
import { expect } from 'chai'
import { startTestServer } from '../support/server.ts'

const scope = 'repository::pull'

describe('the empty name', () => {
  const rules: [match: object, granted: boolean][] = [
    [{}, true],
    [{ type: 'repository' }, true],
    [{ name: '' }, true],
    [{ name: '*' }, true],
    [{ name: '/.*/' }, true],
    [{ name: '/.+/' }, false],
    [{ name: '?' }, false],
    [{ name: '*/*' }, false],
    [{ name: '${account}/*' }, false],
  ]
  for (const [match, granted] of rules) {
    it(`is ${granted ? '' : 'not '}what ${JSON.stringify(match)} matches, and reads so everywhere`, async () => {
      await using server = await startTestServer({
        config: {
          authenticators: [{ plugin: 'static', options: { users: { '': {} } } }],
          authorizers: [{ plugin: 'acl', options: { rules: [{ match, actions: ['pull'] }] } }],
        },
      })
      const { access, json } = await server.token({ query: { scope } })
      const held = granted ? scope : 'repository::'
      expect(access).to.deep.equal([held])
      expect(json.scope).to.equal(granted ? scope : '')
      expect(server.audits()[0]).to.deep.include({ scopes: [scope], access: [held] })
    })
  }
})
