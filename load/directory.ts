// The people of a directory, as LDIF.
import { PASSWORD } from './people.ts'

/** The domain dc=example,dc=com, its reader, and these people with the right password. */
export function directoryOf(...people: readonly string[]): string {
  const entries = people.map(
    (name) => `dn: uid=${name},dc=example,dc=com
objectClass: inetOrgPerson
uid: ${name}
cn: ${name}
sn: ${name}
userPassword: ${PASSWORD}
`,
  )
  return `dn: dc=example,dc=com
objectClass: domain
dc: example

dn: cn=reader,dc=example,dc=com
objectClass: person
cn: reader
sn: reader
userPassword: ${READER_PASSWORD}

${entries.join('\n')}`
}

/** The password of `cn=reader,dc=example,dc=com`, who finds people. */
export const READER_PASSWORD = 'reader-password'
