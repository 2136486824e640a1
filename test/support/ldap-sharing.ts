// An ldap authenticator and a labeler that share a directory, as configurations of a whole server.
import { PEOPLE_BASE } from './ldap-people.ts'
import { startTestServer } from './server.ts'

export const READER = 'cn=reader,dc=example,dc=com'
export const FILTER = '(&(uid=${account})(objectClass=inetOrgPerson))'
export const TITLE = { labels: { title: { attribute: 'TITLE' } } }
const ALL = { plugin: 'acl', options: { rules: [{ match: {}, actions: ['*'] }] } }
export const ENV = { READER_PASSWORD: 'reader-password', ROBOT: 'a robot secret' }

/** An ldap authenticator. */
export const corp = (url: string, more: object = {}, id = 'corp') => ({
  plugin: 'ldap',
  id,
  options: {
    servers: [url],
    bind_dn: READER,
    bind_password: '!env READER_PASSWORD',
    base: PEOPLE_BASE,
    filter: FILTER,
    ...more,
  },
})
export const robots = {
  plugin: 'static',
  id: 'robots',
  options: { users: { ann: { password: '!env ROBOT' } } },
}
export const labeler = (options: object, more: object = {}) => ({
  plugin: 'ldap',
  id: 'facts',
  options,
  ...more,
})

export const start = (config: object) =>
  startTestServer({ env: ENV, config: { authorizers: [ALL], ...config } })
