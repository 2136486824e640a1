// When a certificate is ordered, by whom, and what happens when that fails. Names are taken on trust here; how they are proved is
// test/http/acme.test.ts.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readIssued } from '../../../core/acme/certificate-file.ts'
import { Challenges } from '../../../core/acme/challenges.ts'
import { type Keeper, keepCertificate } from '../../../core/acme/keeper.ts'
import { makeProof } from '../../../core/acme/order.ts'
import type { AcmeSettings } from '../../../core/acme/settings.ts'
import type { Log, Store } from '../../../core/plugin.ts'
import { createStore } from '../../../core/services/store.ts'
import { createMemoryEntries } from '../../../core/store/memory-entries.ts'
import { type AcmeServer, startAcmeServer } from '../../support/acme-server.ts'
import { eventually } from '../../support/server.ts'

const DAY = 86_400_000

describe('acme: a certificate that is kept', function () {
  this.timeout(20_000)
  let acme: AcmeServer
  let folder: string
  let now: number
  let said: string[]
  let keepers: Keeper[]
  const clock = { now: () => now }
  let log: Log

  beforeEach(async () => {
    acme = await startAcmeServer()
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-acme-'))
    now = Date.now()
    acme.now = () => now
    // Of this test: an order that another one has left behind goes on to its end.
    const lines: string[] = []
    said = lines
    log = {
      debug: () => {},
      info: (_, message) => void lines.push(`info: ${message}`),
      warn: (_, message) => void lines.push(`warn: ${message}`),
      error: (_, message) => void lines.push(`error: ${message}`),
    }
    keepers = []
  })
  afterEach(async () => {
    await Promise.all(keepers.map((keeper) => keeper.stop()))
    await acme[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  function settings(given: Partial<AcmeSettings> = {}): AcmeSettings {
    const usual = {
      directory: acme.directory,
      domains: ['registry.example.com'],
      challenge: 'http-01',
    } as const
    return { ...usual, folder: join(folder, 'acme'), ...given }
  }

  function sharedStore(): Store {
    const backing = async () => ({ entries: createMemoryEntries(clock), keys: [Buffer.alloc(32, 1)] })
    return createStore({ owner: { kind: 'server', plugin: 'acme', id: 'acme' }, backing, clock, log })
  }

  function keep(
    given: Partial<AcmeSettings> = {},
    store?: Store,
    challenges = new Challenges(clock, makeProof),
  ): void {
    keepers.push(keepCertificate(settings(given), { challenges, store, clock, log, interval: 10 }))
  }

  const held = async (given: Partial<AcmeSettings> = {}) => await readIssued(settings(given))
  const untilHeld = (given: Partial<AcmeSettings> = {}) =>
    eventually(async () => (await held(given)) !== undefined)

  it('is ordered when there is none, for all its names, readable by its owner alone', async () => {
    const domains = ['registry.example.com', 'auth.example.com']
    keep({ domains })
    await eventually(() => said.length > 0)
    const { leaf } = (await held())!
    expect(leaf.subjectAltName).to.equal('DNS:registry.example.com, DNS:auth.example.com')
    expect(statSync(join(folder, 'acme/registry.example.com')).mode & 0o777).to.equal(0o600)
    expect(statSync(join(folder, 'acme/acme_account+key')).mode & 0o777).to.equal(0o600)
    expect(said).to.deep.equal(['info: a certificate for registry.example.com, auth.example.com was issued'])
  })

  it('is renewed at two thirds of its life, with the same account, and not before', async () => {
    keep()
    await untilHeld()
    const first = (await held())!.pem
    now += 59 * DAY
    keepers.push(
      keepCertificate(settings(), {
        challenges: new Challenges(clock, makeProof),
        store: undefined,
        clock,
        log,
        interval: 10,
      }),
    )
    // It has looked, and is waiting.
    await keepers.pop()!.stop()
    expect(acme.issuedSoFar()).to.equal(1)
    now += 2 * DAY
    await eventually(async () => (await held())!.pem !== first)
    expect(acme.accountsSoFar()).to.equal(1)
    expect(acme.issuedSoFar()).to.equal(2)
  })

  it('is ordered anew for a name more', async () => {
    keep()
    await untilHeld()
    await keepers.pop()!.stop()
    keep({ domains: ['registry.example.com', 'more.example.com'] })
    await eventually(async () => (await held())!.leaf.subjectAltName!.includes('more.example.com'))
  })

  it('stays when the server refuses, which is said with its words; tried again later', async () => {
    keep()
    await untilHeld()
    const first = (await held())!.pem
    acme.refusal = { type: 'rateLimited', detail: 'too many certificates already issued' }
    now += 61 * DAY
    await eventually(() => said.some((line) => line.startsWith('warn: ')))
    expect(said.at(-1)).to.equal(
      'warn: no certificate for registry.example.com: too many certificates already issued; tried again in 1 min',
    )
    expect((await held())!.pem).to.equal(first)
    acme.refusal = undefined
    now += 61_000
    await eventually(async () => (await held())!.pem !== first)
  })

  it('waits longer and longer', async () => {
    acme.refusal = { type: 'rejectedIdentifier', detail: 'not this name' }
    keep()
    for (const [count, minutes] of [1, 5, 20, 60, 60].entries()) {
      await eventually(() => said.length === count + 1)
      expect(said.at(-1)).to.contain(`tried again in ${minutes} min`)
      now += minutes * 60_000 + 1
    }
  })

  it('is ordered for a first name that no subject can hold', async () => {
    const domains = [`${'a'.repeat(40)}.${'b'.repeat(40)}.example.com`, 'auth.example.com']
    keep({ domains })
    await untilHeld({ domains })
    const { leaf } = (await held({ domains }))!
    expect(leaf.subjectAltName).to.equal(domains.map((domain) => `DNS:${domain}`).join(', '))
  })

  it('says that nobody answers', async () => {
    const { directory } = acme
    await acme[Symbol.asyncDispose]()
    keep({ directory })
    await eventually(() => said.length > 0)
    expect(said[0]).to.contain(
      'no certificate for registry.example.com: connection refused; start the ACME server',
    )
    acme = await startAcmeServer()
  })

  it('is ordered by one of several nodes; the others take it', async () => {
    const store = sharedStore()
    const folders = ['one', 'two', 'three'].map((name) => join(folder, name))
    for (const own of folders) keep({ folder: own }, store)
    await Promise.all(folders.map((own) => untilHeld({ folder: own })))
    expect(acme.issuedSoFar()).to.equal(1)
    const texts = folders.map((own) => readFileSync(join(own, 'registry.example.com'), 'utf8'))
    expect(new Set(texts).size).to.equal(1)
  })

  it('is ordered by another node when the one that began has gone', async () => {
    const store = sharedStore()
    await store.setIfAbsent(['lease'], true, now + 15 * 60_000)
    keep({}, store)
    now += 15 * 60_000 + 1
    await untilHeld()
  })

  it('is ordered by another node a minute after the one that began has gone', async () => {
    const store = sharedStore()
    const asked: Socket[] = []
    const silent = createServer((socket) => void asked.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    try {
      keep({ directory: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/` }, store)
      await eventually(() => asked.length > 0)
      await keepers.pop()!.stop()
      keep({}, store)
      now += 60_001
      await untilHeld()
    } finally {
      for (const socket of asked) socket.destroy()
      silent.close()
    }
  })

  it('is taken when another node gets it while one waits for its turn', async () => {
    const store = sharedStore()
    keep({ folder: join(folder, 'other') }, store)
    await untilHeld({ folder: join(folder, 'other') })
    await keepers.pop()!.stop()
    let looks = 0
    const late: Store = {
      ...store,
      async get(key) {
        if (!JSON.stringify(key).includes('certificate')) return await store.get(key)
        looks += 1
        return looks === 1 ? undefined : await store.get(key)
      },
    }
    keep({}, late)
    await untilHeld()
    expect(acme.issuedSoFar()).to.equal(1)
  })

  it('is not tried again at once because of a reload', async () => {
    acme.refusal = { type: 'rejectedIdentifier', detail: 'not this name' }
    const challenges = new Challenges(clock, makeProof)
    keep({}, undefined, challenges)
    await eventually(() => said.length === 1)
    await keepers.pop()!.stop()
    keep({}, undefined, challenges)
    keep({ email: 'other@example.com' }, undefined, challenges)
    await eventually(() => said.length === 2)
    now += 60_001
    await eventually(() => said.length === 4)
    expect(said.map((line) => line.split('; ')[1])).to.have.members([
      'tried again in 1 min',
      'tried again in 1 min',
      'tried again in 5 min',
      'tried again in 5 min',
    ])
  })

  it('is what an order got that a reload found under way', async () => {
    const challenges = new Challenges(clock, makeProof)
    let begun = () => {}
    const made = new Promise<void>((resolve) => {
      begun = resolve
    })
    keep({}, undefined, challenges)
    const show = challenges.show.bind(challenges)
    challenges.show = async (shown, store) => {
      begun()
      await show(shown, store)
    }
    await made
    await keepers.pop()!.stop()
    keep({}, undefined, challenges)
    await untilHeld()
    expect(acme.issuedSoFar()).to.equal(1)
  })

  it('is taken over from autocert of Go, with its account', async () => {
    const former = settings({ folder: join(folder, 'cache') })
    keep(former)
    await untilHeld(former)
    await keepers.pop()!.stop()
    // autocert writes keys as SEC 1.
    const { createPrivateKey } = await import('node:crypto')
    const { key, certificate } = (await held(former))!
    const sec1 = createPrivateKey(key).export({ type: 'sec1', format: 'pem' })
    writeFileSync(join(folder, 'cache/registry.example.com'), `${sec1}${certificate}`)
    const account = createPrivateKey(readFileSync(join(folder, 'cache/acme_account+key'), 'utf8'))
    writeFileSync(join(folder, 'cache/acme_account+key'), account.export({ type: 'sec1', format: 'pem' }))
    now += 61 * DAY
    keep(former)
    await eventually(() => acme.issuedSoFar() === 2)
    expect(acme.accountsSoFar()).to.equal(1)
  })

  it('names a file that is damaged', async () => {
    keep()
    await untilHeld()
    await keepers.pop()!.stop()
    writeFileSync(join(folder, 'acme/registry.example.com'), 'nothing')
    keep()
    await eventually(() => said.some((line) => line.startsWith('warn: ')))
    expect(said.find((line) => line.startsWith('warn: '))).to.contain(
      join(folder, 'acme/registry.example.com'),
    )
  })
})
