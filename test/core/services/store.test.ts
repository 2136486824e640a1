// `host.store` of instances on two nodes, over entries in memory; test/core/store has the stores themselves.
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import type { JsonValue, Store } from '../../../core/plugin.ts'
import { createStore } from '../../../core/services/store.ts'
import { createMemoryEntries } from '../../../core/store/memory-entries.ts'
import { keptLog } from '../../../core/testing/host.ts'

const HOUR = 3_600_000
const START = Date.UTC(2030, 1, 1)

describe('host.store', () => {
  let now = START
  const clock = { now: () => now }
  let entries: ReturnType<typeof createMemoryEntries>
  let log: ReturnType<typeof keptLog>
  const [NEW, OLD] = [randomBytes(32), randomBytes(32)]

  /** A store as a node has it. */
  const open = (id = 'ci', keys: readonly Buffer[] = [NEW]): Store =>
    createStore({
      owner: { kind: 'authenticator', plugin: 'jwt', id },
      backing: async () => ({ entries, keys }),
      clock,
      log,
    })
  let one: Store
  let other: Store

  beforeEach(() => {
    now = START
    entries = createMemoryEntries(clock)
    log = keptLog()
    one = open()
    other = open()
  })

  const faultOf = (call: Promise<unknown>): Promise<Error> =>
    call.then(
      () => expect.fail('nothing was thrown'),
      (error) => error,
    )

  it('gives back what was kept, on every node, until its end or its deletion', async () => {
    const values: JsonValue[] = [
      'text',
      0,
      false,
      null,
      ['a', { b: [1.5] }],
      { nested: { deep: '\u0000"\u{1f600}' } },
    ]
    for (const [place, value] of values.entries()) await one.set(['key', String(place)], value, START + HOUR)
    for (const [place, value] of values.entries())
      expect(await other.get(['key', String(place)])).deep.equal(value)
    await other.set(['key', '0'], 'another', START + 2 * HOUR)
    await other.delete(['key', '1'])
    await other.delete(['key', '1'])
    expect(await one.get(['key', '0'])).equal('another')
    expect(await one.get(['key', '1'])).equal(undefined)
    now += HOUR
    expect(await one.get(['key', '2'])).equal(undefined)
    expect(await one.get(['key', '0'])).equal('another')
  })

  it('of all nodes one is the first, until the end', async () => {
    const tries = Array.from({ length: 20 }, (_, place) =>
      (place % 2 === 0 ? one : other).setIfAbsent('jti', place, START + HOUR),
    )
    expect((await Promise.all(tries)).filter((first) => first)).lengthOf(1)
    expect(await open().setIfAbsent('jti', true, START + 2 * HOUR)).equal(false)
    now += HOUR
    expect(await open().setIfAbsent('jti', true, START + 2 * HOUR)).equal(true)
  })

  it('counts every increment of every node; the end is that of the first', async () => {
    const numbers = await Promise.all(
      Array.from({ length: 60 }, (_, place) =>
        (place % 2 === 0 ? one : other).increment('tries', START + HOUR + place * HOUR),
      ),
    )
    expect(numbers.toSorted((a, b) => a - b)).deep.equal(Array.from({ length: 60 }, (_, place) => place + 1))
    expect(await other.increment('tries', START + 9 * HOUR, -20)).equal(40)
    expect(await one.get('tries')).equal(40)
    await one.set('other', 5, START + 9 * HOUR)
    expect(await one.increment('other', START + HOUR)).equal(6)
    now += 60 * HOUR
    expect(await one.increment('tries', now + HOUR)).equal(1)
  })

  it('begins anew at the end, whatever other instances keep', async () => {
    await one.set('key', 'mine', START + HOUR)
    const renamed = open('renamed')
    expect(await renamed.get('key')).equal(undefined)
    await renamed.set('key', 'theirs', START + HOUR)
    expect(await other.get('key')).equal('mine')
  })

  it('says once of a new store that it is empty', async () => {
    await one.get('key')
    await other.set('key', 1, START + HOUR)
    await open().get('key')
    expect(log.lines.map(({ message }) => message)).lengthOf(1)
    expect(log.lines[0]!.message).match(/new, and empty.*renam/)
  })

  it('refuses what can not be kept, and says why', async () => {
    const large = 'x'.repeat(65_534)
    await one.set('key', large, START + HOUR)
    const cases: [() => Promise<unknown>, RegExp][] = [
      [() => one.set('key', `${large}x`, START + HOUR), /64 KiB/],
      [() => one.setIfAbsent('new', '\u00e9'.repeat(32_768), START + HOUR), /64 KiB/],
      [() => one.set('key', undefined as never, START + HOUR), /JSON/],
      [() => one.set('key', 1, (START + HOUR) / 1_000), /milliseconds/],
      [() => one.set('key', 1, Number.NaN), /milliseconds/],
      [() => one.set('key', 1, START + 4_000 * 24 * HOUR), /ten years/],
      [() => one.increment('key', START + HOUR), /no number/],
      [() => one.increment('new', START + HOUR, 0.5), /whole/],
      [() => one.increment('new', START + HOUR, Number.MAX_SAFE_INTEGER + 1), /whole/],
    ]
    for (const [call, message] of cases) expect((await faultOf(call())).message).match(message)
    expect(await one.get('key')).equal(large)
    expect(await one.get('new')).equal(undefined)
  })

  it('has room for ten thousand entries, again when some are over', async function () {
    this.timeout(60_000)
    // As many as fit, without the time that ten thousand take.
    const put = entries.put
    entries.put = (change) =>
      put({ ...change, bounds: { ...change.bounds, entries: change.bounds.entries - 9_990 } })
    for (let place = 0; place < 10; place += 1)
      await one.set(String(place), place, START + (place === 3 ? 1 : 2) * HOUR)
    const { message } = await faultOf(other.set('one more', 1, START + HOUR))
    expect(message).match(/host\.store of ci is full \(10000 entries, 16 MiB\); keep less/)
    await one.set('5', 'anew', START + HOUR)
    expect(await open('other').setIfAbsent('key', 1, START + HOUR)).equal(true)
    now += HOUR
    await other.set('one more', 1, START + 2 * HOUR)
  })

  it('has room for 16 MiB of an instance', async () => {
    const large = 'x'.repeat(65_534)
    for (let place = 0; place < 256; place += 1) await one.set(String(place), large, START + HOUR)
    expect((await faultOf(one.set('one more', 1, START + HOUR))).message).match(/is full/)
  })

  it('a new key takes over: what was kept before is still found, also as absent or counted', async () => {
    const before = open('ci', [OLD])
    await before.setIfAbsent('jti', 'used', START + HOUR)
    await before.increment('tries', START + HOUR)
    const both = open('ci', [NEW, OLD])
    expect(await both.setIfAbsent('jti', 'again', START + HOUR)).equal(false)
    expect(await both.increment('tries', START + HOUR)).equal(2)
    await both.set('later', 1, START + 2 * HOUR)
    // Once what the former key sealed is over, that key can go.
    const after = open('ci', [NEW])
    expect(await after.get('later')).equal(1)
    expect(await after.increment('tries', START + HOUR)).equal(3)
    expect(log.lines).lengthOf(1)
    expect((await faultOf(after.get('jti'))).message).match(/host\.store of ci .*server\.store\.key/)
  })

  it('never takes what it can not open for nothing', async () => {
    await one.setIfAbsent('jti', 'used', START + HOUR)
    const stranger = open('ci', [OLD])
    for (const call of [
      stranger.get('jti'),
      stranger.setIfAbsent('jti', 1, START + HOUR),
      stranger.increment('tries', START + HOUR),
      stranger.set('key', 1, START + HOUR),
    ])
      expect((await faultOf(call)).message).match(/can't be opened.*former key|rename the id/)
  })

  it('asks again for what it could not get', async () => {
    let tries = 0
    const store = createStore({
      owner: { kind: 'authorizer', plugin: 'p', id: 'i' },
      backing: async () => {
        tries += 1
        if (tries === 1) throw new Error('not yet')
        return { entries, keys: [NEW] }
      },
      clock,
      log,
    })
    expect((await faultOf(store.get('key'))).message).equal('not yet')
    await store.set('key', 1, START + HOUR)
    expect(await store.get('key')).equal(1)
  })
})
