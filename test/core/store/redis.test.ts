import { expect } from 'chai'
import { Secret } from '../../../core/plugin.ts'
import { createTlsCertificate } from '../../../core/x509/certificates.ts'
import { needs } from '../../support/debian.ts'
import { newPair } from '../../support/key-pairs.ts'
import { type RedisServer, startCluster, startRedis } from '../../support/redis.ts'
import { openSubject, settingsFor } from './redis-subject.ts'
import { faultOf, idsOf, newToken } from './tokens.ts'

const PASSWORD = 'a-password-of-redis'
/** As docs/nodes.md has them. */
const RIGHTS = `on >${PASSWORD} ~dockwarden:* +@read +@write +@scripting +@connection -@dangerous +info +cluster|slots +cluster|info`

describe('redis store', () => {
  needs('redis-server')

  describe('its keys', () => {
    let redis: RedisServer
    before(async () => {
      redis = await startRedis()
    })
    after(() => redis?.stop())
    beforeEach(() => redis.command('flushall'))

    /** An account's and a client's index, and what else is there. */
    const keys = async (kind: string) =>
      (await redis.command('keys', `dockwarden:${kind}:*`)).split('\n').filter(Boolean)

    it('end by themselves: a token with its until, the indexes with the last token that may live in them', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const token = newToken({ client: 'docker' })
      await subject.store.add(token)
      await subject.store.add(newToken({ client: 'docker', expires: token.expires! - 5_000 }))
      expect(await redis.command('pexpiretime', `dockwarden:token:${token.id}`)).equal(`${token.until}`)
      for (const kind of ['account', 'client']) {
        const [index] = await keys(kind)
        expect(await redis.command('pexpiretime', index!), kind).equal(`${token.expires}`)
      }
    })

    it('end by themselves: a lease when its time is over', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const left = async () => Number(await redis.command('pttl', 'dockwarden:lease:a'))
      expect(await subject.store.lease('a', 'one', 3_600_000)).equal(true)
      expect(await left())
        .above(3_000_000)
        .and.most(3_600_000)
      expect(await subject.store.lease('a', 'other', 90_000_000)).equal(false)
      expect(await left())
        .above(0)
        .and.most(3_600_000)
      expect(await subject.store.lease('a', 'one', 90_000_000)).equal(true)
      expect(await left()).above(3_600_000)
      await subject.store.release('a', 'one')
      expect(await redis.command('keys', '*')).equal('')
    })

    it('an index stays as long as a token in it has no end', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const { expires: _, ...endless } = newToken()
      await subject.store.add(newToken())
      await subject.store.add(endless)
      const [index] = await keys('account')
      expect(await redis.command('pexpiretime', index!)).equal('-1')
    })

    it('a token whose index could not be written goes away by itself', async () => {
      await redis.command('acl', 'setuser', 'half', `>${PASSWORD}`, 'on', '~dockwarden:token:*', '+@all')
      const given = { username: 'half', password: new Secret(PASSWORD) }
      await using subject = openSubject(settingsFor([redis], given))
      const token = newToken()
      expect((await faultOf(subject.store.add(token))).message).contain('NOPERM')
      const left = Number(await redis.command('pttl', `dockwarden:token:${token.id}`))
      expect(left).above(0).and.most(60_000)
    })

    it('a token without an end stays', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const { until: _, ...endless } = newToken()
      await subject.store.add(endless)
      expect(await redis.command('pttl', `dockwarden:token:${endless.id}`)).equal('-1')
    })

    it('a list leaves out what it can’t read, and says so', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const [odd, other] = [newToken(), newToken()]
      await subject.store.add(odd)
      await subject.store.add(other)
      await redis.command('hset', `dockwarden:token:${odd.id}`, 'token', '{"account":')
      expect(await idsOf(subject.store, { account: 'alice' })).deep.equal([other.id])
      expect(await idsOf(subject.store)).deep.equal([other.id])
      expect(subject.lines).lengthOf(2)
      expect(subject.lines[0]).contain(`dockwarden token revoke ${odd.id}`)
    })

    it('a use moves the end of the token and leaves the indexes alone', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const token = newToken()
      await subject.store.add(token)
      const until = token.until! + 60_000
      await subject.store.use(token.id, { used: token.created, until })
      expect(await redis.command('pexpiretime', `dockwarden:token:${token.id}`)).equal(`${until}`)
      await subject.store.use(token.id, { used: token.created })
      expect(await redis.command('pexpiretime', `dockwarden:token:${token.id}`)).equal('-1')
      const [index] = await keys('account')
      expect(await redis.command('pexpiretime', index!)).equal(`${token.expires}`)
    })

    it('a revoked token without an end goes 90 days after its revocation', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const { until: _, ...endless } = newToken()
      await subject.store.add(endless)
      const at = Date.now()
      await subject.store.revoke(endless.id, { at, by: 'bob' })
      expect(await redis.command('pexpiretime', `dockwarden:token:${endless.id}`)).equal(
        `${at + 90 * 86_400_000}`,
      )
    })

    it('an index does not grow with tokens that went away, whether they had an end or not', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const now = Date.now()
      const gone = { until: now - 1_000, created: now - 2_000 }
      const { expires: _, ...endless } = newToken(gone)
      for (let count = 0; count < 100; count++) {
        const { id, digest } = newToken()
        const ended = count % 2 === 0 ? { expires: now - 1_000 } : {}
        await subject.store.add({ ...endless, ...ended, id, digest })
      }
      const [index] = await keys('account')
      expect(Number(await redis.command('zcard', index!))).below(10)
      expect(await idsOf(subject.store, { account: 'alice' })).deep.equal([])
      expect(await keys('account')).deep.equal([])
    })

    it('keep accounts of any spelling apart', async () => {
      await using subject = openSubject(settingsFor([redis], { keyPrefix: '[dock]*?:' }))
      const accounts = ['constructor', '__proto__', '{a}', 'a*', 'a b', 'ä:ö', '💡', 'x'.repeat(5_000)]
      const tokens = accounts.map((account) => newToken({ account }))
      for (const token of tokens) await subject.store.add(token)
      for (const { account, id } of tokens) expect(await idsOf(subject.store, { account })).deep.equal([id])
      expect(await idsOf(subject.store)).deep.equal(tokens.map(({ id }) => id).sort())
    })

    it('of another prefix are not seen', async () => {
      await using one = openSubject(settingsFor([redis], { keyPrefix: 'd?:' }))
      await using other = openSubject(settingsFor([redis], { keyPrefix: 'd1:' }))
      const token = newToken()
      await other.store.add(token)
      expect(await one.store.get(token.id)).equal(undefined)
      expect(await idsOf(one.store)).deep.equal([])
      expect(await other.store.lease('a', 'other', 60_000)).equal(true)
      expect(await one.store.lease('a', 'one', 60_000)).equal(true)
    })
  })

  describe('two nodes on one Redis', () => {
    let redis: RedisServer
    before(async () => {
      redis = await startRedis()
    })
    after(() => redis?.stop())

    it('see at once what the other one acknowledged', async () => {
      await using one = openSubject(settingsFor([redis]))
      await using other = openSubject(settingsFor([redis]))
      const token = newToken()
      await one.store.add(token)
      expect(await other.store.get(token.id)).deep.equal(token)
      const revoked = { at: Date.now(), by: 'bob' }
      expect(await one.store.revoke(token.id, revoked)).equal(true)
      expect(await other.store.get(token.id)).deep.equal({ ...token, revoked })
      await other.store.use(token.id, { used: Date.now(), session: 'new' })
      expect(await one.store.get(token.id)).deep.equal({ ...token, revoked })
    })

    it('agree on who of many revoked a token', async () => {
      await using one = openSubject(settingsFor([redis]))
      await using other = openSubject(settingsFor([redis]))
      const token = newToken()
      await one.store.add(token)
      const names = Array.from({ length: 20 }, (_, place) => `user ${place}`)
      const wins = await Promise.all(
        names.map((by, place) => (place % 2 ? one : other).store.revoke(token.id, { at: place, by })),
      )
      expect(wins.filter(Boolean)).lengthOf(1)
      expect((await one.store.get(token.id))?.revoked?.by).equal(names[wins.indexOf(true)])
    })

    it('a use does not bring back what is gone', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const token = newToken()
      await subject.store.use(token.id, { used: Date.now(), until: token.until! })
      expect(await redis.command('exists', `dockwarden:token:${token.id}`)).equal('0')
      expect(await subject.store.revoke(token.id, { at: 1, by: 'bob' })).equal(false)
    })
  })

  describe('ready', () => {
    let redis: RedisServer
    before(async () => {
      redis = await startRedis()
    })
    after(() => redis?.stop())

    it('warns once of a Redis that evicts keys', async () => {
      await redis.command('config', 'set', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
      await using subject = openSubject(settingsFor([redis]))
      await subject.store.ready()
      await subject.store.ready()
      expect(subject.lines).lengthOf(1)
      expect(subject.lines[0]).contain('set noeviction')
    })

    it('does not warn of one whose memory is not limited', async () => {
      await redis.command('config', 'set', 'maxmemory', '0', 'maxmemory-policy', 'allkeys-lru')
      await using subject = openSubject(settingsFor([redis]))
      await subject.store.ready()
      expect(subject.lines).deep.equal([])
    })

    it('rejects when Redis is full, and says what to do', async () => {
      await redis.command('config', 'set', 'maxmemory', '1', 'maxmemory-policy', 'noeviction')
      await using subject = openSubject(settingsFor([redis]))
      expect((await faultOf(subject.store.ready())).message).contain('raise maxmemory')
    })
  })

  describe('with a password', () => {
    let redis: RedisServer
    before(async () => {
      redis = await startRedis({
        password: 'password-of-the-default-user',
        config: [
          `user dock ${RIGHTS}`,
          `user reader on >${PASSWORD} ~dockwarden:* +@read +@connection +info`,
        ],
      })
    })
    after(() => redis?.stop())

    it('works as the default user', async () => {
      const password = new Secret('password-of-the-default-user')
      await using subject = openSubject(settingsFor([redis], { password }))
      await subject.store.ready()
    })

    it('works as a user that may do no more than is documented', async () => {
      const settings = settingsFor([redis], { username: 'dock', password: new Secret(PASSWORD), database: 3 })
      await using subject = openSubject(settings)
      await subject.store.ready()
      const token = newToken({ client: 'docker' })
      await subject.store.add(token)
      await subject.store.use(token.id, { used: token.created, until: token.until! })
      expect(await subject.store.lease(token.id, 'one', 1_000)).equal(true)
      await subject.store.release(token.id, 'one')
      expect(await subject.store.revoke(token.id, { at: 1, by: 'bob' })).equal(true)
      expect(await idsOf(subject.store)).deep.equal([token.id])
      expect(await idsOf(subject.store, { client: 'docker' })).deep.equal([token.id])
      expect(subject.lines).deep.equal([])
    })

    const wrong = [
      ['a wrong password', { password: new Secret('wrong-password') }, /WRONGPASS.*password/],
      [
        'an unknown user',
        { username: 'nobody', password: new Secret('wrong-password') },
        /WRONGPASS.*username/,
      ],
      ['no password', {}, /NOAUTH.*password/],
      ['a user without rights', { username: 'reader', password: new Secret(PASSWORD) }, /NOPERM.*rights/],
    ] as const
    for (const [what, given, message] of wrong) {
      it(`rejects with ${what}, says where to look, and shows no password`, async () => {
        await using subject = openSubject(settingsFor([redis], given))
        const error = await faultOf(subject.store.add(newToken()))
        expect(error.message).match(message)
        const shown = [
          error.stack,
          JSON.stringify(error, Object.getOwnPropertyNames(error)),
          ...subject.lines,
        ]
        expect(shown.join('\n')).not.match(/wrong-password|a-password-of-redis/)
      })
    }
  })

  describe('with TLS', () => {
    it('trusts the ca, and shows its certificate', async () => {
      const server = await createTlsCertificate(['127.0.0.1'], Date.now())
      const own = await newPair('P-256')
      const redis = await startRedis({ tls: { ...server, ca: own.certificate } })
      try {
        await using subject = openSubject(
          settingsFor([redis], {
            tls: { ca: [server.certificate], cert: own.certificate, key: own.key },
          }),
        )
        await subject.store.ready()
        await using other = openSubject(settingsFor([redis], { tls: { ca: [own.certificate] } }))
        expect((await faultOf(other.store.ready())).message).contain('name it in server.store.redis.tls.ca')
      } finally {
        await redis.stop()
      }
    })
  })

  describe('with a cluster', function () {
    this.timeout(60_000)
    let nodes: RedisServer[] = []
    before(async () => {
      nodes = await startCluster()
    })
    after(() => Promise.all(nodes.map((node) => node.stop())))

    it('finds the tokens of all nodes from the address of one', async () => {
      await using subject = openSubject(settingsFor(nodes.slice(0, 1), { mode: { kind: 'cluster' } }))
      const tokens = Array.from({ length: 30 }, () => newToken())
      await Promise.all(tokens.map((token) => subject.store.add(token)))
      const ids = tokens.map(({ id }) => id).sort()
      expect(await idsOf(subject.store)).deep.equal(ids)
      expect(await idsOf(subject.store, { account: 'alice' })).deep.equal(ids)
      for (const node of nodes) expect(Number(await node.command('dbsize'))).above(0)
    })

    it('works as a user that may do no more than is documented', async () => {
      for (const node of nodes) await node.command('acl', 'setuser', 'dock', ...RIGHTS.split(' '))
      const given = { mode: { kind: 'cluster' }, username: 'dock', password: new Secret(PASSWORD) } as const
      await using subject = openSubject(settingsFor(nodes, given))
      await subject.store.ready()
      const token = newToken({ account: 'carol' })
      await subject.store.add(token)
      expect(await idsOf(subject.store)).include(token.id)
      expect(subject.lines).deep.equal([])
    })

    it('rejects a wrong password, and does not show it', async () => {
      const given = { mode: { kind: 'cluster' }, username: 'nobody', password: new Secret(PASSWORD) } as const
      await using subject = openSubject(settingsFor(nodes, given))
      const { message } = await faultOf(subject.store.ready())
      expect(message).contain('WRONGPASS')
      expect([message, ...subject.lines].join('\n')).not.contain(PASSWORD)
    })

    it('says that it is one to a store that does not know', async () => {
      await using subject = openSubject(settingsFor(nodes.slice(0, 1)))
      // Some of these are with another node.
      const errors = await Promise.allSettled(['a', 'b', 'c', 'd'].map((id) => subject.store.get(id)))
      const reasons = errors.flatMap((result) =>
        result.status === 'rejected' ? [String(result.reason)] : [],
      )
      expect(reasons[0]).contain('set server.store.redis.cluster')
    })
  })
})
