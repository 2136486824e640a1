// Refresh tokens of a directory's accounts: what ends them, and what doesn't.
import { expect } from 'chai'
import { type Authenticator, type AuthnOutcome, type JsonValue, NO_LABELS } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import {
  OTHER_ATTRIBUTES,
  PEOPLE_OF_OTHERS,
  PEOPLE_WITH_POLICY,
  SCHEMA,
} from '../../test/support/ldap-directories.ts'
import { login, open, PEOPLE_BASE, serviceOptions } from '../../test/support/ldap-people.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'
import { fileTime, generalizedTime } from './times.ts'

const ANN = `uid=ann,${PEOPLE_BASE}`
const BOB = `uid=bob,${PEOPLE_BASE}`
const HOUR = 3_600_000
const NOW = Date.now()
const inFileTime = (ms: number) => String(fileTime(ms))

describe('a refresh token of a directory', () => {
  needs('slapd')
  let slapd: SlapdServer
  const opened: Authenticator[] = []

  async function opening(more: object = {}, host = testHost()): Promise<Authenticator> {
    const instance = await open(serviceOptions([slapd.url], more), host)
    opened.push(instance)
    return instance
  }
  afterEach(async () => {
    for (const instance of opened.splice(0)) await instance.close?.()
  })

  /** As it is kept: through JSON. */
  async function sessionOf(outcome: AuthnOutcome | Promise<AuthnOutcome>): Promise<JsonValue> {
    const answer = await outcome
    if (answer.outcome !== 'accept') throw new Error(`not accepted: ${JSON.stringify(answer)}`)
    return JSON.parse(JSON.stringify(answer.session))
  }

  async function refresh(ldap: Authenticator, session?: JsonValue, account = 'bob'): Promise<AuthnOutcome> {
    const held = { account, labels: NO_LABELS, ...(session !== undefined && { session }) }
    return ldap.refresh!(held, testRequest({ timeout: 15_000 }))
  }

  describe("with the attributes of Active Directory and others'", () => {
    before(async () => {
      slapd = await startSlapd({ ldif: PEOPLE_OF_OTHERS, schema: SCHEMA })
    })
    after(() => slapd?.stop())
    afterEach(async () => {
      await slapd.modify(BOB, Object.fromEntries(OTHER_ATTRIBUTES.map((name) => [name, []])))
    })

    const CHANGES: [string, string, string | string[], string | string[], boolean][] = [
      // attribute, title, kept, now, ends
      ['pwdLastSet', 'a later time', '133500000000000000', '133500000000000001', true],
      ['pwdLastSet', 'the same time', '133500000000000000', '133500000000000000', false],
      [
        'pwdLastSet',
        'an older one, of a controller that lags',
        '133500000000000000',
        '133400000000000000',
        false,
      ],
      ['pwdLastSet', 'no value any more', '133500000000000000', [], false],
      ['pwdLastSet', '0: it must be changed', '133500000000000000', '0', true],
      ['sambaPwdLastSet', 'a later second', '1700000000', '1700000001', true],
      ['sambaPwdLastSet', 'a number with more digits', '999999999', '1000000000', true],
      ['sambaPwdLastSet', 'an older one', '1700000001', '1700000000', false],
      ['krbLastPwdChange', 'a later time', '20260101000000Z', '20260101000001Z', true],
      [
        'krbLastPwdChange',
        'the same time, written otherwise',
        '20260101120000Z',
        '20260101130000.0+0100',
        false,
      ],
      ['krbLastPwdChange', 'an older one', '20260101000000Z', '20251231235959Z', false],
    ]
    for (const [attribute, title, before, now, ends] of CHANGES) {
      it(`${ends ? 'ends' : 'stays'} with ${title} in ${attribute}`, async () => {
        const ldap = await opening()
        await slapd.modify(BOB, { [attribute]: before })
        const session = await sessionOf(login(ldap, 'bob'))
        await slapd.modify(BOB, { [attribute]: now })
        expect((await refresh(ldap, session)).outcome).to.equal(ends ? 'reject' : 'accept')
        // After an older value too, a later one ends it; and back again, it is good again.
        await slapd.modify(BOB, { [attribute]: before })
        // As it is, it is not written again.
        expect(JSON.stringify(await sessionOf(refresh(ldap, session)))).to.equal(JSON.stringify(session))
      })
    }

    const NAMED: [string, string | string[], string | string[], boolean][] = [
      ['secretSetAt', '20260101000000Z', '20260102000000Z', true],
      ['secretSetAt', '20260102000000Z', '20260101000000Z', false],
      ['secretDigest', 'a', 'b', true],
      ['secretDigest', 'b', 'a', true],
      ['secretDigest', ['a', 'b'], ['b', 'a'], false],
      ['secretDigest', ['a', 'b'], ['a'], true],
      ['keyVersion', '3', '4', true],
      ['keyVersion', '4', '3', true],
      ['secretDigest', 'a', '133500000000000000', true],
      ['SECRETDIGEST', 'a', 'b', true],
    ]
    for (const [attribute, before, now, ends] of NAMED) {
      it(`${ends ? 'ends' : 'stays'} when ${attribute}, which is named, was ${before} and is ${now}`, async () => {
        const ldap = await opening({ credential_attributes: [attribute] })
        await slapd.modify(BOB, { [attribute]: before, pwdLastSet: '133500000000000000' })
        const session = await sessionOf(login(ldap, 'bob'))
        expect(JSON.stringify(session)).not.to.contain('"a"')
        await slapd.modify(BOB, { [attribute]: now, pwdLastSet: '133600000000000000' })
        expect((await refresh(ldap, session)).outcome).to.equal(ends ? 'reject' : 'accept')
      })
    }

    it('may be remembered only while the directory tells of a new password', async () => {
      const may = async (outcome: Promise<AuthnOutcome>) => {
        const answer = await outcome
        return answer.outcome === 'accept' && answer.remember !== false
      }
      const [usual, named] = [await opening(), await opening({ credential_attributes: ['secretDigest'] })]
      expect([await may(login(usual, 'bob')), await may(login(named, 'bob'))]).to.deep.equal([false, false])
      await slapd.modify(BOB, { pwdLastSet: '133500000000000000' })
      expect([await may(login(usual, 'bob')), await may(login(named, 'bob'))]).to.deep.equal([true, false])
      const session = await sessionOf(login(usual, 'bob'))
      expect(await may(refresh(usual, session))).to.equal(true)
      await slapd.modify(BOB, { pwdLastSet: [] })
      expect(await may(refresh(usual, session))).to.equal(false)
    })

    it('ends when bytes that are no text are others', async () => {
      const ldap = await opening({ credential_attributes: ['jpegPhoto'] })
      await slapd.modify(BOB, { jpegPhoto: [Buffer.from([0xff, 0xfe])] })
      const session = await sessionOf(login(ldap, 'bob'))
      expect((await refresh(ldap, session)).outcome).to.equal('accept')
      await slapd.modify(BOB, { jpegPhoto: [Buffer.from([0xff, 0xfd])] })
      expect((await refresh(ldap, session)).outcome).to.equal('reject')
    })

    it('without a stamp takes one at its next use', async () => {
      const ldap = await opening()
      await slapd.modify(BOB, { pwdLastSet: inFileTime(NOW + HOUR) })
      const session = await sessionOf(refresh(ldap))
      expect((await refresh(ldap, session)).outcome).to.equal('accept')
      await slapd.modify(BOB, { pwdLastSet: inFileTime(NOW + 2 * HOUR) })
      expect(await refresh(ldap, session)).to.deep.equal({
        outcome: 'reject',
        reason: 'the password has changed since (pwdlastset)',
      })
    })

    it('takes up an attribute that was not there; but one that came after the login came with a new password', async () => {
      const ldap = await opening()
      const session = await sessionOf(login(ldap, 'bob'))
      await slapd.modify(BOB, { pwdLastSet: inFileTime(NOW - 2 * HOUR) })
      const taken = await sessionOf(refresh(ldap, session))
      await slapd.modify(BOB, { pwdLastSet: inFileTime(NOW - HOUR) })
      expect((await refresh(ldap, taken)).outcome).to.equal('reject')
      await slapd.modify(BOB, { pwdLastSet: [], krbLastPwdChange: generalizedTime(NOW + HOUR) })
      expect((await refresh(ldap, session)).outcome).to.equal('reject')
    })

    it('logs a named attribute that does not come back, once; of the usual ones only what was there', async () => {
      const host = testHost()
      const ldap = await opening({ credential_attributes: ['secretDigest', 'nonsense'] }, host)
      for (let round = 0; round < 2; round++) await login(ldap, 'bob')
      await refresh(ldap)
      expect(host.log.lines.map(({ facts }) => facts)).to.deep.equal([
        { attribute: 'secretDigest' },
        { attribute: 'nonsense' },
      ])
      const usual = testHost()
      const other = await opening({}, usual)
      await slapd.modify(BOB, { pwdLastSet: '133500000000000000' })
      const session = await sessionOf(login(other, 'bob'))
      expect(usual.log.lines).to.deep.equal([])
      await slapd.modify(BOB, { pwdLastSet: [] })
      for (let round = 0; round < 2; round++) await refresh(other, session)
      expect(usual.log.lines.map(({ facts }) => facts)).to.deep.equal([{ attribute: 'pwdLastSet' }])
    })

    const BARS: [string, Record<string, string>, boolean][] = [
      ['that is disabled', { userAccountControl: '514' }, true],
      ['that is not disabled', { userAccountControl: '512' }, false],
      ['that is disabled, in 389', { nsAccountLock: 'TRUE' }, true],
      ['that is not disabled, in 389', { nsAccountLock: 'FALSE' }, false],
      ['that has expired', { accountExpires: inFileTime(NOW - 1) }, true],
      ['that expires later', { accountExpires: inFileTime(NOW + HOUR) }, false],
      ['that never expires', { accountExpires: '0' }, false],
      ['that never expires, in the other way', { accountExpires: '9223372036854775807' }, false],
      ['that has expired, in FreeIPA', { krbPrincipalExpiration: generalizedTime(NOW - 2_000) }, true],
      ['that expires later, in FreeIPA', { krbPrincipalExpiration: generalizedTime(NOW + HOUR) }, false],
      ['whose password must be changed', { pwdLastSet: '0' }, true],
    ]
    for (const [title, attributes, ends] of BARS) {
      it(`of an account ${title} is ${ends ? 'over' : 'good'}, and a personal access token too`, async () => {
        const ldap = await opening()
        const session = await sessionOf(login(ldap, 'bob'))
        await slapd.modify(BOB, attributes)
        for (const held of [session, undefined]) {
          expect((await refresh(ldap, held)).outcome).to.equal(ends ? 'reject' : 'accept')
        }
      })
    }

    const EXPIRED = '(&(accountExpires>=1)(accountExpires<=${now:filetime}))'
    const LOCKED = '(lockoutTime>=${now-30m:filetime})'
    const OLD = '(pwdLastSet<=${now-90d:filetime})'
    const DISABLED: [string, string, Record<string, string>, boolean][] = [
      ['expiry past', EXPIRED, { accountExpires: inFileTime(NOW - 1_000) }, true],
      ['expiry to come', EXPIRED, { accountExpires: inFileTime(NOW + HOUR) }, false],
      ['no expiry', EXPIRED, { accountExpires: '0' }, false],
      ['no expiry at all', EXPIRED, {}, false],
      ['a lock of now', LOCKED, { lockoutTime: inFileTime(NOW) }, true],
      ['a lock that is over', LOCKED, { lockoutTime: inFileTime(NOW - HOUR) }, false],
      ['no lock', LOCKED, { lockoutTime: '0' }, false],
      ['an old password', OLD, { pwdLastSet: inFileTime(NOW - 91 * 24 * HOUR) }, true],
      ['a fresh password', OLD, { pwdLastSet: inFileTime(NOW - 89 * 24 * HOUR) }, false],
      ['any of several', `(|${EXPIRED}${LOCKED}${OLD})`, { lockoutTime: inFileTime(NOW) }, true],
      [
        'a generalized time past',
        '(secretSetAt<=${now:generalized})',
        { secretSetAt: generalizedTime(NOW - 2_000) },
        true,
      ],
      [
        'a generalized time to come',
        '(secretSetAt<=${now:generalized})',
        { secretSetAt: generalizedTime(NOW + HOUR) },
        false,
      ],
    ]
    it('is over for everybody with an attribute in disabled that the server does not know', async () => {
      const ldap = await opening({ disabled: '(nonsense<=${now:filetime})' })
      expect(await refresh(ldap)).to.deep.equal({ outcome: 'reject', reason: 'the entry is disabled' })
    })

    for (const [title, disabled, attributes, ends] of DISABLED) {
      it(`and the login ${ends ? 'end' : 'stay'} by disabled: ${title}`, async () => {
        const ldap = await opening({ disabled })
        await slapd.modify(BOB, attributes)
        const expected = ends ? 'reject' : 'accept'
        expect((await login(ldap, 'bob')).outcome).to.equal(expected)
        expect((await refresh(ldap)).outcome).to.equal(expected)
      })
    }
  })

  describe("with OpenLDAP's password policy", () => {
    before(async () => {
      slapd = await startSlapd({ ldif: PEOPLE_WITH_POLICY, ppolicy: true })
    })
    after(() => slapd?.stop())

    it('ends with a new password, also the first one under the policy', async () => {
      const ldap = await opening()
      const first = await sessionOf(login(ldap, 'bob'))
      await slapd.modify(BOB, { userPassword: 'second' })
      expect((await refresh(ldap, first)).outcome).to.equal('reject')
      const second = await sessionOf(login(ldap, 'bob', 'second'))
      expect((await refresh(ldap, second)).outcome).to.equal('accept')
      await slapd.modify(BOB, { pwdChangedTime: generalizedTime(NOW + HOUR) })
      expect((await refresh(ldap, second)).outcome).to.equal('reject')
    })

    it('ends by disabled while the entry is locked, and the lock of an administrator always', async () => {
      const disabled =
        '(|(pwdAccountLockedTime=000001010000Z)(pwdAccountLockedTime>=${now-15m:generalized})(pwdReset=TRUE))'
      const ldap = await opening({ disabled })
      const session = await sessionOf(login(ldap, 'ann'))
      for (let round = 0; round < 2; round++) await login(ldap, 'ann', 'wrong horse')
      expect((await refresh(ldap, session, 'ann')).outcome).to.equal('reject')
      await slapd.modify(ANN, { pwdAccountLockedTime: generalizedTime(NOW - HOUR) })
      expect((await refresh(ldap, session, 'ann')).outcome).to.equal('accept')
      await slapd.modify(ANN, { pwdAccountLockedTime: '000001010000Z' })
      const plain = await opening()
      expect((await refresh(plain, session, 'ann')).outcome).to.equal('reject')
      await slapd.modify(ANN, { pwdAccountLockedTime: '00000101000000Z' })
      expect((await refresh(plain, session, 'ann')).outcome).to.equal('reject')
      await slapd.modify(ANN, { pwdAccountLockedTime: [], pwdReset: 'TRUE' })
      expect((await refresh(ldap, session, 'ann')).outcome).to.equal('reject')
      const ended = await opening({ disabled: '(pwdEndTime<=${now:generalized})' })
      for (const ldap of [plain, ended]) {
        await slapd.modify(ANN, { pwdEndTime: generalizedTime(NOW + HOUR) })
        expect((await refresh(ldap, session, 'ann')).outcome).to.equal('accept')
        await slapd.modify(ANN, { pwdEndTime: generalizedTime(NOW - HOUR) })
        expect((await refresh(ldap, session, 'ann')).outcome).to.equal('reject')
      }
    })
  })
})
