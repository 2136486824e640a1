// What the tests of the ldap plugin share: the LDIF, the options that fit it, and short ways to ask.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Authenticator, type AuthnOutcome, type Host, type Labels, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import plugin from '../../plugins/ldap/index.ts'

/** People, groups and nested groups below dc=example,dc=com. */
export const PEOPLE = readFileSync(join(import.meta.dirname, 'ldap-people.ldif'), 'utf8')

/** The password of most people. */
export const PASSWORD = 'correct horse'

export const PEOPLE_BASE = 'ou=people,dc=example,dc=com'
export const GROUPS_BASE = 'ou=groups,dc=example,dc=com'

/** Options that find people with the service account. */
export const serviceOptions = (servers: readonly string[], more: object = {}) => ({
  servers,
  bind_dn: 'cn=reader,dc=example,dc=com',
  bind_password: new Secret('reader-password'),
  base: PEOPLE_BASE,
  filter: '(&(uid=${account})(objectClass=inetOrgPerson))',
  ...more,
})

/** Makes an instance. The test closes it. */
export async function open(options: object, host: Host = testHost()): Promise<Authenticator> {
  return plugin.create(plugin.options.parse(options), host)
}

/** Logs in. @param timeout the instance's timeout, in milliseconds */
export async function login(
  instance: Authenticator,
  account: string,
  password = PASSWORD,
  timeout = 15_000,
): Promise<AuthnOutcome> {
  return instance.authenticate(
    { kind: 'password', account, password: new Secret(password) },
    testRequest({ timeout }),
  )
}

/** The labels of a login, as plain lists. */
export async function labelsOf(
  instance: Authenticator,
  account: string,
  password = PASSWORD,
): Promise<Labels> {
  const outcome = await login(instance, account, password)
  if (outcome.outcome !== 'accept') throw new Error(`not accepted: ${JSON.stringify(outcome)}`)
  return { ...outcome.labels }
}
