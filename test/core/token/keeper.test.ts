// The times of refresh tokens and personal access tokens, on a real store with a clock that the test moves.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { TokenKeeper } from '../../../core/token/keeper.ts'
import { TokenRefused } from '../../../core/token/refused.ts'
import type { SecretToken } from '../../../core/token/secret-token.ts'
import { keeperOf, SETTINGS } from '../../support/token-keeper.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const ORDER = {
  account: 'alice',
  service: 'registry',
  client: 'docker',
  authenticator: 'static',
  plugin: 'static',
  verified: true,
  labels: { group: ['dev'] },
  session: { seen: 1 },
  parent: undefined,
}
const CLAIM = { kind: 'refresh', service: 'registry', account: '' } as const

describe('the token keeper', () => {
  let folder: string
  let now: number
  let keeper: ReturnType<typeof keeperOf>
  const keepers: (typeof keeper)[] = []

  function open(settings = SETTINGS): typeof keeper {
    const opened = keeperOf(folder, () => now, settings)
    keepers.push(opened)
    return opened
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-keeper-'))
    now = Date.now()
    keeper = open()
  })
  afterEach(async () => {
    for (const opened of keepers.splice(0)) await opened.close()
    rmSync(folder, { recursive: true })
  })

  async function refused(
    token: SecretToken,
    claim: Parameters<TokenKeeper['find']>[1] = CLAIM,
  ): Promise<string> {
    try {
      await keeper.find(token, claim)
    } catch (error) {
      expect(error).to.be.instanceOf(TokenRefused)
      return (error as Error).message
    }
    throw new Error('the token was found')
  }

  it('finds what it keeps, with everything but the token itself', async () => {
    const token = (await keeper.refreshToken(ORDER))!
    const kept = await keeper.find(token, CLAIM)
    const { verified, session, parent, ...expected } = ORDER
    expect(kept).to.deep.include({ ...expected, id: token.id, kind: 'refresh', created: now })
    expect(keeper.sessionOf(token, kept)).to.deep.equal(session)
    expect(JSON.stringify(kept)).not.to.contain(token.secret.reveal())
    expect(kept.session).not.to.contain('seen')
  })

  it('lets a refresh token end when it is not used, and moves the end with each use', async () => {
    const token = (await keeper.refreshToken(ORDER))!
    now += SETTINGS.idle - MINUTE
    await keeper.noteUse(token, await keeper.find(token, CLAIM))
    // Until the use, which nobody waits for, is written.
    await until(async () => (await keeper.get(token.id))?.used === now)
    now += SETTINGS.idle
    await keeper.find(token, CLAIM)
    // A use that came up to a minute later may not have been written.
    now += MINUTE
    expect(await refused(token)).to.equal('expired')
  })

  it('lets a refresh token end at its absolute age, however much it is used', async () => {
    keeper = open({ ...SETTINGS, idle: 10 * DAY, maxAge: 15 * DAY })
    const token = (await keeper.refreshToken(ORDER))!
    now += 9 * DAY
    await keeper.noteUse(token, await keeper.find(token, CLAIM), { now: { seen: 2 }, before: ORDER.session })
    now += 6 * DAY - 1
    await keeper.find(token, CLAIM)
    now += 1
    expect(await refused(token)).to.equal('expired')
  })

  it('writes the first use, then one a minute at most, but a new session at once', async () => {
    const token = (await keeper.refreshToken(ORDER))!
    const used = async () => (await keeper.get(token.id))!.used
    const same = { now: ORDER.session, before: ORDER.session }
    const first = now
    await keeper.noteUse(token, await keeper.find(token, CLAIM), same)
    await until(async () => (await used()) === first)
    now += MINUTE - 1
    await keeper.noteUse(token, await keeper.find(token, CLAIM), same)
    expect(await used()).to.equal(first)
    await keeper.noteUse(token, await keeper.find(token, CLAIM), { now: { seen: 2 }, before: ORDER.session })
    expect(await used()).to.equal(now)
    expect(keeper.sessionOf(token, await keeper.find(token, CLAIM))).to.deep.equal({ seen: 2 })
    now += MINUTE
    const later = now
    await keeper.noteUse(token, await keeper.find(token, CLAIM), same)
    await until(async () => (await used()) === later)
  })

  it('notes the use of what a token was got with, too', async () => {
    const personal = await keeper.personalToken({ account: 'alice', labels: {}, expires: now + HOUR })
    const parent = await keeper.find(personal, { ...CLAIM, kind: 'personal' })
    const token = (await keeper.refreshToken({ ...ORDER, parent }))!
    await keeper.noteUse(token, await keeper.find(token, CLAIM))
    await until(async () => (await keeper.get(personal.id))?.used === now)
    expect(await keeper.get(personal.id)).to.include({ until: now + HOUR })
  })

  it('counts a refresh token as used before it says so, and refuses one that ended first', async () => {
    keeper = open({ ...SETTINGS, bound: { unused: 1, all: 9 } })
    const token = (await keeper.refreshToken(ORDER))!
    const kept = await keeper.find(token, CLAIM)
    await keeper.noteUse(token, kept)
    const next = (await keeper.refreshToken(ORDER))!
    await keeper.find(token, CLAIM)
    const found = await keeper.find(next, CLAIM)
    await keeper.refreshToken(ORDER)
    const fault = await keeper.noteUse(next, found).catch((error: Error) => error)
    expect(fault).to.be.instanceOf(TokenRefused)
  })

  it('judges the age by the settings of today', async () => {
    const token = (await keeper.refreshToken(ORDER))!
    keeper = open({ ...SETTINGS, maxAge: DAY })
    now += DAY
    expect(await refused(token)).to.equal('expired')
  })

  it('gives an unverified account a shorter time, and none when that is 0', async () => {
    const token = (await keeper.refreshToken({ ...ORDER, verified: false }))!
    expect((await keeper.get(token.id))!.expires).to.equal(now + SETTINGS.maxAgeUnverified)
    expect(
      await open({ ...SETTINGS, maxAgeUnverified: 0 }).refreshToken({ ...ORDER, verified: false }),
    ).to.equal(undefined)
  })

  it('judges by the settings of today when an authenticator can not look again any more', async () => {
    const token = (await keeper.refreshToken(ORDER))!
    const kept = await keeper.find(token, CLAIM)
    keeper.assertVerifiedLately(kept)
    now += SETTINGS.maxAgeUnverified
    expect(() => keeper.assertVerifiedLately(kept)).to.throw(TokenRefused)
  })

  it('takes a token only for what it is', async () => {
    const token = (await keeper.refreshToken(ORDER))!
    expect(await refused(token, { ...CLAIM, kind: 'personal' })).to.equal('unknown token')
    expect(await refused(token, { ...CLAIM, service: 'Registry' })).to.match(/another service/)
    expect(await refused(token, { ...CLAIM, account: 'Alice' })).to.match(/another account/)
    expect(await refused({ ...token, digest: '0'.repeat(64) })).to.equal('unknown token')
  })

  it('ends with its parent, whatever ends that', async () => {
    const personal = await keeper.personalToken({ account: 'alice', labels: {}, expires: now + HOUR })
    const parent = await keeper.find(personal, { ...CLAIM, kind: 'personal' })
    const token = (await keeper.refreshToken({ ...ORDER, parent }))!
    await keeper.find(token, CLAIM)
    await keeper.revoke(personal.id, 'root@host')
    expect(await refused(token)).to.match(
      /^got with the personal access token \w+, which is revoked by root@host at /,
    )
    const orphan = (await keeper.refreshToken({ ...ORDER, parent: { ...parent, id: '0'.repeat(20) } }))!
    expect(await refused(orphan)).to.match(/which is gone$/)
  })

  it('revokes once', async () => {
    const token = (await keeper.refreshToken(ORDER))!
    expect(await keeper.revoke(token.id, 'root@host')).to.equal(true)
    expect(await keeper.revoke(token.id, 'other@host')).to.equal(false)
    expect(await refused(token)).to.equal(`revoked by root@host at ${new Date(now).toISOString()}`)
  })
})

async function until(seen: () => Promise<boolean>): Promise<void> {
  while (!(await seen())) await new Promise(setImmediate)
}
