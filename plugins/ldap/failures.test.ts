// What servers answer, in words.
import { expect } from 'chai'
import {
  ConfidentialityRequiredError,
  InvalidCredentialsError,
  OperationsError,
  type ResultCodeError,
  StrongAuthRequiredError,
} from 'ldapts'
import { Secret } from '../../core/plugin.ts'
import type { Connection } from './connection.ts'
import { activeDirectoryReason, refusalOf } from './failures.ts'
import { whyWrong } from './verify.ts'

const ad = (data: string) =>
  new InvalidCredentialsError(
    `80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data ${data}, v4563`,
  )

describe("Active Directory's refusal of a bind", () => {
  const cases: [string, string][] = [
    ['52e', 'the password is wrong'],
    ['52E', 'the password is wrong'],
    ['532', 'the password has expired'],
    ['533', 'the account is disabled'],
    ['701', 'the account has expired'],
    ['773', 'the password must be changed before the next login'],
    ['775', 'the account is locked after too many wrong passwords'],
  ]
  for (const [data, words] of cases) {
    it(`with data ${data} is that ${words}`, async () => {
      const bind = () => Promise.reject(refusalOf(ad(data)))
      const connection = { bind } as unknown as Connection
      const why = await whyWrong(connection, 'cn=a', new Secret('hunter2'), AbortSignal.timeout(60_000))
      expect(why).to.match(
        new RegExp(`^${words}: LDAP result 49 \\(InvalidCredentials: .*data ${data}, v4563`),
      )
    })
  }

  it('with another number, or of another server, keeps its own words', () => {
    expect(activeDirectoryReason(refusalOf(ad('57')))).to.equal(undefined)
    expect(activeDirectoryReason(refusalOf(new InvalidCredentialsError('')))).to.equal(undefined)
  })
})

describe('a result that wants something else than a right password', () => {
  const encryption =
    /; the server wants an encrypted connection: write starttls: true, or ldaps:\/\/ in servers$/
  const cases: [ResultCodeError, RegExp][] = [
    [new StrongAuthRequiredError('00002028: LdapErr: DSID-0C090259'), encryption],
    [new ConfidentialityRequiredError(''), encryption],
    [
      new OperationsError('000004DC: In order to perform this operation a successful bind must be completed'),
      /; the server lets nobody search anonymously: write bind_dn$/,
    ],
  ]
  for (const [error, words] of cases) {
    it(`says what to write: ${error.name}`, () => {
      expect(refusalOf(error).message).to.match(words)
      expect(refusalOf(error).message).to.match(new RegExp(`^LDAP result ${error.code} \\(`))
    })
  }
})
