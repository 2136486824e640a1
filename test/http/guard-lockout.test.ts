// A directory that locks accounts, behind the guard: a real slapd with OpenLDAP's password policy.
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { PEOPLE_WITH_POLICY } from '../support/ldap-directories.ts'
import { PASSWORD, serviceOptions } from '../support/ldap-people.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { type SlapdServer, startSlapd } from '../support/slapd.ts'

const LIMIT = 5
const HOME = '192.0.2.1'
const AWAY = '198.51.100.1'

describe(`a directory that locks an account after ${LIMIT} wrong passwords`, function () {
  this.timeout(60_000)
  needs('slapd')
  let slapd: SlapdServer
  let server: TestInstance
  beforeEach(async () => {
    const ldif = PEOPLE_WITH_POLICY.replace('pwdMaxFailure: 2', `pwdMaxFailure: ${LIMIT}`)
    slapd = await startSlapd({ ldif, ppolicy: true })
  })
  afterEach(async () => {
    await server?.stop()
    await slapd.stop()
  })

  const start = async (guard: unknown) => {
    const options = { ...serviceOptions([slapd.url]), bind_password: '!env READER' }
    server = await startTestServer({
      env: { READER: 'reader-password' },
      config: {
        server: { guard, client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.1'] } },
        authenticators: [{ plugin: 'ldap', options }],
        authorizers: [],
      },
    })
  }
  const login = async (password: string, ip = HOME) =>
    (await server.token({ user: ['ann', password], headers: { 'x-forwarded-for': ip } })).status
  const form = async (password: string, ip = HOME) =>
    (
      await server.token({
        form: { grant_type: 'password', username: 'ann', password },
        headers: { 'x-forwarded-for': ip },
      })
    ).status

  it('locks it where there is no guard: a job that repeats an old password is enough', async () => {
    await start(false)
    for (let nth = 0; nth < LIMIT; nth++) expect(await login('an old password')).to.equal(401)
    expect(await login(PASSWORD, AWAY)).to.equal(401)
  })

  it('is never brought to it by a job that repeats an old password, nor by clients that send each twice', async () => {
    await start({ lockout: { failures: LIMIT, within: '30m' } })
    for (let nth = 0; nth < 3; nth++) {
      expect(await form(`a slip of the pen ${nth}`)).to.equal(401)
      expect(await login(`a slip of the pen ${nth}`)).to.equal(401)
    }
    for (let nth = 0; nth < 50; nth++) await login('an old password', nth % 2 ? HOME : AWAY)
    expect(await login(PASSWORD, '203.0.113.1')).to.equal(200)
  })

  it('is never brought to it by one network that guesses as fast as it can', async () => {
    await start({ lockout: { failures: LIMIT, within: '30m' } })
    const answers = await Promise.all(Array.from({ length: 300 }, (_, nth) => login(`wrong guess ${nth}`)))
    expect(answers.filter((status) => status === 401)).to.have.length(LIMIT - 1)
    expect(await login(PASSWORD, AWAY)).to.equal(200)
    expect(await login(PASSWORD)).to.equal(429)
  })
})
