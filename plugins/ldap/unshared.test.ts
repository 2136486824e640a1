// A directory that can't be shared: what is said at load, and where.
import { expect } from 'chai'
import { corp, FILTER, labeler, READER, robots, start, TITLE } from '../../test/support/ldap-sharing.ts'

describe('ldap: a directory that can’t be shared is told at load', () => {
  const URL = 'ldap://127.0.0.1:1'
  const asUser = {
    ...corp(URL, {}, 'as-user'),
    options: {
      servers: [URL],
      initial_bind_as_user: true,
      bind_dn: 'uid=${account},dc=example',
      base: 'dc=example',
      filter: FILTER,
    },
  }
  const cases: [string, object, string][] = [
    [
      'nobody has one',
      { authenticators: [robots], labelers: [labeler(TITLE)] },
      'labelers[0]: needs ldap/directory (directory), which no other instance provides; write servers in its options, or add an instance of the plugin ldap',
    ],
    [
      'users bind as themselves',
      { authenticators: [asUser], labelers: [labeler(TITLE)] },
      'which no other instance provides (as-user has initial_bind_as_user); write servers in its options, or',
    ],
    [
      'whoever accepts may have none',
      {
        authenticators: [corp(URL), asUser],
        labelers: [labeler(TITLE, { uses: { directory: 'accepting' } })],
      },
      'labelers[0].uses.directory: as-user may be who accepts, and provides no ldap/directory (as-user has initial_bind_as_user); name',
    ],
    [
      'there are two',
      { authenticators: [corp(URL), corp(URL, {}, 'other')], labelers: [labeler(TITLE)] },
      'labelers[0]: needs ldap/directory, which corp and other provide; say which: uses: { directory: corp }, or uses: { directory: accepting }',
    ],
    [
      'beside servers of its own',
      {
        authenticators: [corp(URL)],
        labelers: [labeler(corp(URL).options, { uses: { directory: 'corp' } })],
      },
      'labelers[0].uses.directory: stands beside the option servers, which takes its place; remove one of the two',
    ],
    [
      'half of a connection',
      { authenticators: [corp(URL)], labelers: [labeler({ ...TITLE, bind_dn: READER })] },
      'labelers[0].options.bind_dn: belongs to a connection of its own: write servers too, or remove it',
    ],
    [
      'accounts that are not told apart',
      { authenticators: [corp(URL)], labelers: [labeler({ ...TITLE, filter: '(uid=ann)' })] },
      'plugin ldap (id facts) could not be created: filter: finds the same entry for everyone',
    ],
  ]
  for (const [name, config, message] of cases) {
    it(name, async () => {
      const told = await start(config).then(
        async (server) => `it started: ${await server.stop()}`,
        (error: Error) => error.message,
      )
      expect(told).to.contain(message)
    })
  }
})
