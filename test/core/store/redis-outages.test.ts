import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import type { TokenStore } from '../../../core/store/token-store.ts'
import { needs } from '../../support/debian.ts'
import { until } from '../../support/processes.ts'
import {
  type RedisServer,
  startCluster,
  startRedis,
  startSentinel,
  untilJoined,
} from '../../support/redis.ts'
import { openSubject, settingsFor } from './redis-subject.ts'
import { faultOf, idsOf, newToken } from './tokens.ts'

/** Waits until the store answers again; the test's own time limit ends it otherwise. */
async function untilBack(store: TokenStore): Promise<void> {
  while (
    !(await store
      .ready()
      .then(() => true)
      .catch(() => false))
  )
    await delay(20)
}

describe('redis store, when Redis is away', () => {
  needs('redis-server')

  describe('a single one', () => {
    let redis: RedisServer
    beforeEach(async () => {
      redis = await startRedis()
    })
    afterEach(() => redis.stop())

    it('bridges a restart', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const token = newToken()
      await subject.store.add(token)
      await redis.halt()
      const calls = [subject.store.get(token.id), subject.store.get(token.id)]
      await redis.start()
      expect(await Promise.all(calls)).deep.equal([token, token])
    })

    it('loses nothing that it acknowledged when Redis is killed under load', async () => {
      await using subject = openSubject(settingsFor([redis]))
      const { store } = subject
      const added = new Set<string>()
      const revoked = new Set<string>()
      let over = false
      const work = async () => {
        while (!over) {
          const { id, ...rest } = newToken()
          await store.add({ id, ...rest }).then(
            () => added.add(id),
            () => {},
          )
          const ended = await store.revoke(id, { at: Date.now(), by: 'bob' }).catch(() => false)
          if (ended) revoked.add(id)
          const other = newToken()
          await store.add(other).then(
            () => added.add(other.id),
            () => {},
          )
        }
      }
      const workers = Array.from({ length: 8 }, work)
      for (let round = 1; round <= 3; round++) {
        const before = added.size
        while (added.size < before + 50) await delay(5)
        await redis.halt('SIGKILL')
        await redis.start()
      }
      over = true
      await Promise.all(workers)
      expect(added.size).above(150)
      expect(revoked.size).above(50)
      const indexed = new Set(await idsOf(store, { account: 'alice' }))
      for (const id of added) {
        const token = await store.get(id)
        expect(token, 'a token is lost').not.equal(undefined)
        expect(token?.revoked !== undefined || !revoked.has(id), 'a revocation is lost').equal(true)
        expect(indexed.has(id), 'a token is not listed').equal(true)
      }
    })

    it('rejects in time, says so once in the log, and comes back by itself', async () => {
      await using subject = openSubject(settingsFor([redis]))
      await subject.store.ready()
      await redis.halt('SIGKILL')
      const faults = await Promise.all([
        faultOf(subject.store.get('a')),
        faultOf(subject.store.add(newToken())),
        faultOf(idsOf(subject.store)),
      ])
      faults.push(await faultOf(subject.store.ready()))
      for (const { message } of faults) {
        expect(message)
          .contain(`Redis at 127.0.0.1:${redis.port}`)
          .and.contain('connection refused; start Redis')
      }
      await redis.start()
      await untilBack(subject.store)
      expect(subject.lines.map((line) => line.split(':')[0])).deep.equal(['warn', 'info'])
    })

    it('starts without Redis, and finds it later', async () => {
      await redis.halt()
      await using subject = openSubject(settingsFor([redis]))
      expect((await faultOf(subject.store.ready())).message).contain('connection refused')
      await redis.start()
      await untilBack(subject.store)
    })

    it('rejects in time while Redis hangs, and comes back by itself', async () => {
      await using subject = openSubject(settingsFor([redis]))
      await subject.store.ready()
      await redis.pause()
      const token = newToken()
      expect((await faultOf(subject.store.add(token))).message).contain('does not answer')
      redis.resume()
      await untilBack(subject.store)
      expect(subject.lines.map((line) => line.split(':')[0])).deep.equal(['warn', 'info'])
    })

    it('closes while Redis is away, after the calls that are under way', async () => {
      const { store, lines } = openSubject(settingsFor([redis]))
      await store.ready()
      await redis.halt('SIGKILL')
      const call = faultOf(store.get('a'))
      await store.close()
      expect((await call).message).contain('connection refused')
      expect((await faultOf(store.get('a'))).message).contain('is closed')
      expect(lines).lengthOf(1)
    })

    it('gives the true answer of a write whose first answer was lost', async () => {
      await using proxy = await startProxy(redis.port)
      await using subject = openSubject(settingsFor([proxy]))
      await subject.store.ready()
      const token = newToken()
      proxy.loseAnswer()
      await subject.store.add(token)
      proxy.loseAnswer()
      expect(await subject.store.revoke(token.id, { at: 1, by: 'bob' })).equal(true)
      expect(await subject.store.revoke(token.id, { at: 2, by: 'eve' })).equal(false)
      expect(proxy.lost()).equal(2)
    })

    it('gives a lease to its owner, and takes it back, when the first answer was lost', async () => {
      await using proxy = await startProxy(redis.port)
      await using subject = openSubject(settingsFor([proxy]))
      await subject.store.ready()
      proxy.loseAnswer()
      expect(await subject.store.lease('a', 'one', 60_000)).equal(true)
      expect(await subject.store.lease('a', 'other', 60_000)).equal(false)
      proxy.loseAnswer()
      await subject.store.release('a', 'one')
      expect(await subject.store.lease('a', 'other', 60_000)).equal(true)
      expect(proxy.lost()).equal(2)
    })
  })

  describe('with a cluster', function () {
    this.timeout(60_000)
    let nodes: RedisServer[] = []
    before(async () => {
      nodes = await startCluster()
    })
    after(() => Promise.all(nodes.map((node) => node.stop())))

    it('bridges the restart of a node, and says which one it was', async () => {
      await using subject = openSubject(settingsFor(nodes, { mode: { kind: 'cluster' } }))
      const tokens = Array.from({ length: 20 }, () => newToken())
      const each = <T>(call: (id: string) => Promise<T>) => Promise.all(tokens.map(({ id }) => call(id)))
      await Promise.all(tokens.map((token) => subject.store.add(token)))
      await nodes[1]!.halt()
      const calls = each((id) => subject.store.get(id).catch(() => undefined))
      await until(() => subject.lines.length > 0)
      await nodes[1]!.start()
      await calls
      await untilJoined(nodes[1]!)
      while (!(await each((id) => subject.store.get(id)).catch(() => undefined))) await delay(20)
      expect(await idsOf(subject.store)).deep.equal(tokens.map(({ id }) => id).sort())
      await until(() => subject.lines.length > 1)
      expect(subject.lines).lengthOf(2)
      for (const line of subject.lines) expect(line).contain(`Redis node 127.0.0.1:${nodes[1]!.port}`)
    })

    it('comes back after all nodes were away', async () => {
      await using subject = openSubject(settingsFor(nodes, { mode: { kind: 'cluster' } }))
      const token = newToken()
      await subject.store.add(token)
      await Promise.all(nodes.map((node) => node.halt('SIGKILL')))
      expect((await faultOf(subject.store.get(token.id))).message).contain('Redis cluster of')
      await Promise.all(nodes.map((node) => node.start()))
      await untilBack(subject.store)
      while (!(await subject.store.get(token.id).catch(() => undefined))) await delay(20)
    })
  })

  describe('with a sentinel', function () {
    this.timeout(60_000)
    it('follows it to the new master', async () => {
      await using stack = new AsyncDisposableStack()
      const started = async (server: Promise<RedisServer>) => stack.adopt(await server, (each) => each.stop())
      // By itself a master lets a new replica wait for 5 s.
      const master = await started(startRedis({ config: ['repl-diskless-sync-delay 0'] }))
      const replica = await started(startRedis({ config: [`replicaof 127.0.0.1 ${master.port}`] }))
      const sentinel = await started(startSentinel(master.port))
      const subject = stack.use(
        openSubject(settingsFor([sentinel], { mode: { kind: 'sentinel', master: 'mymaster' } })),
      )
      const token = newToken()
      await subject.store.add(token)
      // The end is the last that an `add` writes: with it, the replica has all of it.
      const end = () => replica.command('pexpiretime', `dockwarden:token:${token.id}`)
      await until(async () => (await end()) === `${token.until}`)
      while (!(await sentinel.command('sentinel', 'replicas', 'mymaster')).includes(`${replica.port}`)) {
        await delay(20)
      }
      while (!(await replica.command('info', 'replication')).includes('master_link_status:up'))
        await delay(20)
      await master.halt('SIGKILL')
      await untilBack(subject.store)
      expect(await subject.store.get(token.id)).deep.equal(token)
      expect(await replica.command('role')).match(/^master/)
    })
  })
})

interface Proxy extends AsyncDisposable {
  readonly port: number
  /** The next answer of the server is kept from the client, whose connection ends. */
  loseAnswer(): void
  /** How many answers were lost. */
  lost(): number
}

/** A proxy before a port of this machine. */
async function startProxy(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let armed = false
  let lost = 0
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('close', () => upstream.destroy()).pipe(upstream)
    upstream.on('close', () => client.destroy())
    upstream.on('data', (answer) => {
      if (!armed) return void client.write(answer)
      armed = false
      lost += 1
      client.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswer: () => {
      armed = true
    },
    lost: () => lost,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
