// What directories say of accounts besides their passwords: Active Directory's attributes in a slapd, and OpenLDAP's own policy.
import { PEOPLE } from './ldap-people.ts'

const number = (oid: number, name: string) =>
  `attributetype ( 1.3.6.1.4.1.99999.1.${oid} NAME '${name}' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )`
const text = (oid: number, name: string) =>
  `attributetype ( 1.3.6.1.4.1.99999.1.${oid} NAME '${name}' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`
const time = (oid: number, name: string) =>
  `attributetype ( 1.3.6.1.4.1.99999.1.${oid} NAME '${name}' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )`

const NUMBERS = [
  'pwdLastSet',
  'accountExpires',
  'lockoutTime',
  'userAccountControl',
  'sambaPwdLastSet',
  'keyVersion',
]
const TIMES = ['krbLastPwdChange', 'krbPrincipalExpiration', 'secretSetAt']
const TEXTS = ['nsAccountLock', 'secretDigest']
export const OTHER_ATTRIBUTES: readonly string[] = [...NUMBERS, ...TIMES, ...TEXTS]

/** The attributes of other directories, which any entry of the class `otherDirectory` may have. */
export const SCHEMA = [
  ...NUMBERS.map((name, index) => number(index, name)),
  ...TIMES.map((name, index) => time(20 + index, name)),
  ...TEXTS.map((name, index) => text(40 + index, name)),
  `objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'otherDirectory' SUP top AUXILIARY MAY ( ${OTHER_ATTRIBUTES.join(' $ ')} ) )`,
].join('\n')

/** The people, who may have these attributes. */
export const PEOPLE_OF_OTHERS = PEOPLE.replaceAll(
  'objectClass: inetOrgPerson',
  'objectClass: inetOrgPerson\nobjectClass: otherDirectory',
)

/** The people under a password policy that locks after two wrong passwords. */
export const PEOPLE_WITH_POLICY = `${PEOPLE}
dn: cn=policy,dc=example,dc=com
objectClass: applicationProcess
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 2
`
