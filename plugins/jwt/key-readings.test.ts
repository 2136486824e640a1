// How often an issuer is asked for its keys, whatever tokens and probes come: floods of unknown keys, outages, keys too old.
import { expect } from 'chai'
import { type JwtIssuer, newIssuerKey } from '../../test/support/jwt-issuer.ts'
import { JwtWorkloads, UNKNOWN_KEY } from '../../test/support/jwt-workloads.ts'

const HOUR = 3_600_000
const DISCOVERY = '/.well-known/openid-configuration'

describe('an issuer is asked for its keys', () => {
  let workloads: JwtWorkloads
  let issuer: JwtIssuer
  beforeEach(async () => {
    workloads = await JwtWorkloads.start()
    workloads.stopClock()
    issuer = workloads.issuer
  })
  afterEach(() => workloads.stop())

  const show = (token: string) => workloads.show(token)
  const flood = async (count: number, age?: number) =>
    await Promise.all(Array.from({ length: count }, () => workloads.unknown(age)))
  const fail = () => {
    issuer.answer = () => ({ status: 500, body: '' })
  }
  const TOO_SOON = /were read moments ago, and an unknown one may be newer/

  it('once in a cool-down for a flood of unknown ones, and a known one goes on', async () => {
    const good = await issuer.token()
    expect(await show(good)).to.equal('accept')
    for (const answer of await Promise.all((await flood(30)).map(show))) expect(answer).to.match(UNKNOWN_KEY)
    for (let round = 0; round < 3; round += 1) {
      for (const answer of await Promise.all((await flood(30)).map(show))) expect(answer).to.match(TOO_SOON)
      expect(issuer.count()).to.equal(2)
      expect(await show(good)).to.equal('accept')
    }
    workloads.ahead += 31_000
    await Promise.all((await flood(30)).map(show))
    expect(issuer.count()).to.equal(3)
  })

  it('not in a cool-down that a forger holds open: a new key is not said to be wrong, and works after it', async () => {
    expect(await show(await issuer.token())).to.equal('accept')
    expect(await show(await workloads.unknown())).to.match(UNKNOWN_KEY)
    issuer.keys = [await newIssuerKey()]
    const token = await issuer.token()
    const silent = await issuer.token({ iat: undefined })
    expect(await show(token)).to.match(TOO_SOON)
    expect(await show(silent)).to.match(TOO_SOON)
    // It was there before the keys were read: its key would have been among them.
    expect(await show(await workloads.unknown(60))).to.match(UNKNOWN_KEY)
    workloads.ahead += 30_000
    expect(await show(token)).to.equal('accept')
    expect(await show(silent)).to.equal('accept')
    expect(issuer.count()).to.equal(3)
  })

  it('once for a flood that comes first of all', async () => {
    for (const answer of await Promise.all((await flood(30)).map(show))) expect(answer).to.match(UNKNOWN_KEY)
    expect(issuer.count()).to.equal(1)
  })

  it('once in a second for tokens and probes while there are none', async () => {
    fail()
    for (let round = 1; round <= 3; round += 1) {
      for (const token of await flood(10)) expect(await show(token)).to.match(/answered 500/)
      for (let probe = 0; probe < 10; probe += 1)
        expect(await workloads.whyNotReady()).to.match(/answered 500/)
      expect(issuer.count(DISCOVERY)).to.equal(round)
      workloads.ahead += 1_000
    }
    issuer.answer = undefined
    expect(await show(await issuer.token())).to.equal('accept')
    expect(await workloads.whyNotReady()).to.equal(undefined)
  })

  it('once in a second for a known and an unknown key after stale_for', async () => {
    const token = await issuer.token({}, { lifetime: 200_000 })
    expect(await show(token)).to.equal('accept')
    fail()
    expect(await show(await workloads.unknown())).to.match(/answered 500/)
    workloads.ahead += 25 * HOUR
    const before = issuer.count(DISCOVERY)
    for (let round = 1; round <= 3; round += 1) {
      for (let count = 0; count < 10; count += 1) expect(await show(token)).to.match(/answered 500/)
      for (const other of await flood(10)) expect(await show(other)).to.match(/answered 500/)
      expect(issuer.count(DISCOVERY)).to.equal(before + round)
      workloads.ahead += 1_000
    }
  })

  it('also after the clock was set back', async () => {
    fail()
    expect(await show(await issuer.token())).to.match(/answered 500/)
    issuer.answer = undefined
    workloads.ahead -= HOUR
    const iat = Math.floor(Date.now() / 1_000) - 3_600
    expect(await show(await issuer.token({ iat, nbf: iat }))).to.equal('accept')
  })

  it('not at each use, with stale_for 0, while readings go well', async () => {
    await workloads.open({}, { stale_for: 0 })
    const token = await issuer.token()
    for (let count = 0; count < 3; count += 1) {
      expect(await show(token)).to.equal('accept')
      workloads.ahead += 1_000
    }
    expect(issuer.count()).to.equal(1)
    fail()
    expect(await show(await workloads.unknown())).to.match(/answered 500/)
    workloads.ahead += 1
    expect(await show(token)).to.match(/answered 500/)
  })

  it('in vain while it is down: those it gave stay in use, with one warning, and not for ever', async () => {
    const token = await issuer.token({}, { lifetime: 200_000 })
    expect(await show(token)).to.equal('accept')
    await issuer.stop()
    for (let round = 0; round < 3; round += 1) {
      // An outage, not a no: a key that is unknown here may have been published since.
      expect(await show(await workloads.unknown())).to.match(/127\.0\.0\.1:\d+: connection refused/)
      expect(await show(token)).to.equal('accept')
      workloads.ahead += HOUR
    }
    expect(workloads.warnings).to.have.length(1)
    expect(workloads.warnings[0]).to.match(
      /can't be read: .*connection refused; the last keys of .* stay in use until 20/,
    )
    workloads.ahead += 24 * HOUR
    expect(await show(token)).to.match(/connection refused/)
    await issuer.start()
    workloads.ahead += 1_000
    expect(await show(token)).to.equal('accept')
  })

  it('when a token comes, if it was down at the start', async () => {
    await issuer.stop()
    await workloads.open({})
    const token = await issuer.token()
    expect(await workloads.whyNotReady()).to.match(/connection refused/)
    expect(await show(token)).to.match(/connection refused/)
    await issuer.start()
    workloads.ahead += 1_000
    expect(await show(token)).to.equal('accept')
    expect(await workloads.whyNotReady()).to.equal(undefined)
  })
})
