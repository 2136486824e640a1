// The index of an account's refresh tokens, in a real Redis.
import { expect } from 'chai'
import { needs } from '../../support/debian.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { openSubject, settingsFor } from './redis-subject.ts'
import { endlessToken, idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

const FEW = { unused: 3, all: 5 }

describe('redis store, counting refresh tokens', () => {
  needs('redis-server')

  let redis: RedisServer
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis?.stop())
  beforeEach(() => redis.command('flushall'))

  /** The one index that is there; an empty text when there is none. */
  const index = () => redis.command('keys', 'dockwarden:refresh:*')
  const size = async () => Number(await redis.command('zcard', await index()))

  it('the index ends with the last token in it, and follows its uses', async () => {
    await using subject = openSubject(settingsFor([redis]))
    const [one, other] = newTokens(2)
    await subject.store.add(one!)
    await subject.store.add({ ...other!, until: one!.until! - 5_000 })
    expect(await redis.command('pexpiretime', await index())).equal(`${one!.until}`)
    const until = one!.until! + 60_000
    await subject.store.use(other!.id, { used: 1, until })
    expect(await redis.command('pexpiretime', await index())).equal(`${until}`)
    await subject.store.use(other!.id, { used: 1 })
    expect(await redis.command('pexpiretime', await index())).equal('-1')
  })

  it('the index holds no other tokens, and none that is revoked', async () => {
    await using subject = openSubject(settingsFor([redis]))
    const personal = endlessToken({ kind: 'personal' })
    await subject.store.add(personal)
    await subject.store.use(personal.id, { used: 1 })
    await subject.store.revoke(personal.id, { at: 1, by: 'bob' })
    const token = newToken()
    await subject.store.add(token)
    await subject.store.revoke(token.id, { at: 1, by: 'bob' })
    expect(await index()).equal('')
  })

  it('a token that can’t be read can be revoked', async () => {
    await using subject = openSubject(settingsFor([redis]))
    const token = newToken()
    await subject.store.add(token)
    await redis.command('hset', `dockwarden:token:${token.id}`, 'token', '{"account":')
    expect(await subject.store.revoke(token.id, { at: 1, by: 'bob' })).equal(true)
  })

  it('what a node left that died in between is put right by the next one', async () => {
    await using subject = openSubject(settingsFor([redis]))
    const [used, lost, stays, next] = newTokens(4).map((token, place) => ({
      ...token,
      created: token.created + place,
    }))
    for (const token of [used!, lost!, stays!]) await subject.store.add(token)
    // The first was used, and the second went away, without the index.
    await redis.command('hset', `dockwarden:token:${used!.id}`, 'used', '1')
    await redis.command('del', `dockwarden:token:${lost!.id}`)
    for (const token of [next!, ...newTokens(2, { created: next!.created + 1 })])
      expect(await subject.store.add(token, FEW)).equal(true)
    const kept = await idsOf(subject.store)
    expect(kept)
      .include.members(sortedIds([used!, next!]))
      .and.lengthOf(4)
    // Three that were never used have two names each.
    expect(await size()).equal(7)
  })

  it('a token that was made before there was an index counts from its next use on', async () => {
    await using subject = openSubject(settingsFor([redis]))
    const token = newToken()
    await subject.store.add(token)
    await redis.command('del', await index())
    await subject.store.use(token.id, { used: 1, until: token.until! })
    expect(await size()).equal(1)
    expect(await subject.store.add(newToken(), { unused: 1, all: 1 })).equal(false)
  })

  it('one for which there is no room leaves nothing', async () => {
    await using subject = openSubject(settingsFor([redis]))
    const token = newToken()
    await subject.store.add(token)
    await subject.store.use(token.id, { used: 1, until: token.until! })
    const before = await redis.command('dbsize')
    expect(await subject.store.add(newToken({ client: 'docker' }), { unused: 1, all: 1 })).equal(false)
    expect(await redis.command('dbsize')).equal(before)
  })

  it('the index does not grow with tokens that have ended', async () => {
    await using subject = openSubject(settingsFor([redis]))
    const now = Date.now()
    for (const token of newTokens(100, { created: now - 2_000, until: now - 1_000 }))
      await subject.store.add(token)
    expect(await size()).below(10)
  })
})
