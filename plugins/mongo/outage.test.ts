// What the mongo plugins do when their server is away, hangs, refuses or comes back, and what they ask it.
import { expect } from 'chai'
import { type Authenticator, type AuthnOutcome, type Authorizer, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { startWireServer, type WireServer } from '../../test/support/mongo-wire.ts'
import { until } from '../../test/support/processes.ts'
import authorizer from './authorizer.ts'
import authenticator from './index.ts'

const HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm' // correct horse
const OTHER_HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovn'

describe('the mongo plugins and their server', () => {
  let server: WireServer
  const open: { close?(): Promise<void> }[] = []

  beforeEach(async () => {
    server = await startWireServer()
    server.collections.set('users', [{ username: 'ann', password: HASH }])
    server.collections.set('acl', [{ seq: 1, match: { account: 'ann' }, actions: ['pull'] }])
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close?.()
    await server.close()
  })

  const connection = (given: object = {}) => ({ addrs: [server.address], database: 'd', ...given })

  async function users(given: object = {}, host = testHost()): Promise<Authenticator> {
    const made = await authenticator.create(
      authenticator.options.parse({ ...connection(given), collection: 'users' }),
      host,
    )
    open.push(made)
    return made
  }

  const login = async (instance: Authenticator, account = 'ann', timeout = 5_000): Promise<AuthnOutcome> =>
    instance.authenticate(
      { kind: 'password', account, password: new Secret('correct horse') },
      testRequest({ timeout }),
    )

  async function failure(doing: unknown): Promise<string> {
    return Promise.resolve(doing).then(
      (result) => expect.fail(`expected a failure, got ${JSON.stringify(result)}`),
      (error: Error) => error.message,
    )
  }

  it('name the server and the remedy, never the password, when nobody listens', async () => {
    await server.close()
    const instance = await users({ username: 'robot', password: new Secret('robot password'), timeout: 0.2 })
    for (const doing of [login(instance), instance.ready!()]) {
      expect(await failure(doing)).to.equal(
        `MongoDB ${server.address}: connection refused; start the server, or correct addrs`,
      )
    }
  })

  it('say why also when the time of the request ends first', async () => {
    await server.close()
    const message = await failure(login(await users(), 'ann', 300))
    expect(message).to.equal(
      `MongoDB ${server.address}: connection refused; start the server, or correct addrs`,
    )
  })

  it('do not wait longer than the request for a server that hangs, and go on when it answers again', async () => {
    const instance = await users()
    await login(instance)
    server.hung = true
    expect(await failure(login(instance, 'ann', 200))).to.match(/^MongoDB .*: no answer in time; /)
    server.hung = false
    expect(await login(instance)).to.have.property('outcome', 'accept')
  })

  it('find a server that was restarted', async () => {
    const instance = await users()
    await login(instance)
    await server.close()
    const again = await startWireServer(server.port)
    open.push(again)
    again.collections.set('users', [{ username: 'ann', password: HASH }])
    expect(await login(instance)).to.have.property('outcome', 'accept')
  })

  it('ask the member of a replica set that is up', async () => {
    const gone = await startWireServer()
    await gone.close()
    const { address } = server
    server.greeting = { setName: 'rs', hosts: [address, gone.address], me: address, primary: address }
    const instance = await users({ addrs: [gone.address, address] })
    expect(await login(instance)).to.have.property('outcome', 'accept')
    server.greeting = {
      ...server.greeting,
      ismaster: false,
      isWritablePrimary: false,
      secondary: true,
      primary: undefined,
    }
    await server.close()
    const again = await startWireServer(server.port)
    open.push(again)
    Object.assign(again, { greeting: server.greeting, collections: server.collections })
    expect(await login(instance)).to.have.property('outcome', 'accept')
  })

  it('check the certificate of a server with TLS', async () => {
    const { certificate, key } = await newPair('P-256', { name: 'localhost' })
    const secure = await startWireServer(undefined, { cert: certificate, key })
    open.push(secure)
    secure.collections.set('users', [{ username: 'ann', password: HASH }])
    const files = { ...testHost().files, readPem: (path: string) => (path === 'ca.pem' ? certificate : '') }
    const trusting = await users({ addrs: [secure.address], tls: { ca: 'ca.pem' } }, testHost({ files }))
    expect(await login(trusting)).to.have.property('outcome', 'accept')
    const wary = await users({ addrs: [secure.address], tls: {}, timeout: 0.3 })
    expect(await failure(login(wary))).to.match(
      /^MongoDB localhost:\d+: the server's certificate is self-signed.*; name it in tls\.ca$/,
    )
    const plain = await users({ tls: {}, timeout: 0.3 })
    expect(await failure(login(plain))).to.match(/^MongoDB 127\.0\.0\.1:\d+: /)
  })

  it('tell a refused login and a missing right from a wrong password', async () => {
    const instance = await users()
    server.failure = { code: 18, errmsg: 'Authentication failed. hunter2' }
    expect(await failure(login(instance))).to.match(
      /: the login failed; correct username, password or auth_source$/,
    )
    server.failure = { code: 13, errmsg: 'not authorized. hunter2' }
    expect(await failure(login(instance))).to.match(
      /: the user lacks a right on d\.users; grant it the role read$/,
    )
    server.failure = { code: 2, errmsg: 'bad value hunter2' }
    expect(await failure(login(instance))).to.match(/: the server refuses: error 2; see the server's log$/)
  })

  it('keep their connections, and open no more than they may', async () => {
    const instance = await users({ connections: 4 })
    const answers = await Promise.all(Array.from({ length: 200 }, () => login(instance)))
    expect(answers.every(({ outcome }) => outcome === 'accept')).to.equal(true)
    expect(server.busy.size).to.be.within(1, 4)
  })

  it('ask for the account as the text that it is', async () => {
    const instance = await users()
    for (const account of ['{"$ne": null}', '$where', 'a.b']) {
      expect(await login(instance, account)).to.deep.equal({ outcome: 'pass' })
    }
    // A caller that breaks its own types must not reach an operator either.
    const forged = { $ne: null } as unknown as string
    expect(await login(instance, forged)).to.deep.equal({ outcome: 'pass' })
    const filters = server.commands.filter((command) => command.find === 'users').map(({ filter }) => filter)
    expect(filters).to.deep.equal(
      ['{"$ne": null}', '$where', 'a.b', '[object Object]'].map((text) => ({ username: { $eq: text } })),
    )
  })

  it('take users that can not be told apart, and documents of another form, for an outage', async () => {
    const instance = await users()
    const documents = [
      [
        { username: 'ann', password: HASH },
        { username: 'ann', password: OTHER_HASH },
      ],
      [{ username: 'ann', password: 7 }],
      [{ username: 'ann', password: HASH, labels: { group: [7] } }],
    ]
    const messages: string[] = []
    for (const held of documents) {
      server.collections.set('users', held)
      messages.push(await failure(login(instance)))
    }
    expect(messages).to.deep.equal([
      'there are several users "ann" in users; remove all but one',
      "a user's password must be text, a bcrypt hash",
      'label "group" must be a string or a list of strings',
    ])
  })

  it('refresh no user whose password has changed or who is gone, and without a session only look at the user', async () => {
    const instance = await users()
    const outcome = await login(instance)
    if (outcome.outcome !== 'accept') return expect.fail('not accepted')
    const held = { account: 'ann', labels: {}, session: outcome.session as string }
    const refresh = async (given: object = held) =>
      (await instance.refresh!(given as typeof held, testRequest())).outcome
    expect(await refresh()).to.equal('accept')
    server.collections.set('users', [{ username: 'ann', password: OTHER_HASH, labels: { a: ['x'] } }])
    expect(await refresh()).to.equal('reject')
    const fresh = await instance.refresh!({ account: 'ann', labels: {} }, testRequest())
    expect(fresh).to.deep.include({
      outcome: 'accept',
      labels: Object.assign(Object.create(null), { a: ['x'] }),
    })
    server.collections.set('users', [{ username: 'ann' }])
    expect(await refresh()).to.equal('reject')
    server.collections.set('users', [])
    expect(await refresh({ account: 'ann', labels: {} })).to.equal('reject')
    await server.close()
    await failure(instance.refresh!(held, testRequest({ timeout: 300 })))
  })

  it('give the users an index once, and only tell when they may not', async () => {
    const host = testHost()
    const instance = await users({}, host)
    await login(instance)
    await login(instance)
    await until(() => server.commands.some((command) => 'createIndexes' in command))
    const [index, ...more] = server.commands.filter((command) => 'createIndexes' in command)
    expect(more).to.deep.equal([])
    expect(index!.indexes).to.deep.equal([{ unique: true, name: 'username_1', key: { username: 1 } }])
    expect(host.log.lines).to.deep.equal([])
    server.indexFailure = { code: 11_000, errmsg: 'dup key: { username: hunter2 }' }
    await login(await users({}, host))
    await until(() => host.log.lines.length > 0)
    expect(host.log.lines).to.have.length(1)
    expect(host.log.lines[0]).to.have.property(
      'message',
      `MongoDB ${server.address}: there are documents in d.users that must differ and do not; so there may be no unique index on username; make one by hand`,
    )
  })

  it('keep the rules while the server is away, with a warning, and read them again when it is back', async () => {
    const host = testHost()
    const options = authorizer.options.parse({ ...connection({ timeout: 0.2 }), collection: 'acl' })
    const instance: Authorizer = await authorizer.create({ ...options, cache_ttl: 20 }, host)
    open.push(instance)
    const granted = async () => {
      const outcome = await instance.authorize(
        { type: 'repository', name: 'x', actions: ['pull', 'push'] },
        testRequest({ account: 'ann' }),
      )
      return outcome.outcome === 'grant' ? outcome.actions.join() : outcome.outcome
    }
    expect(await granted()).to.equal('pull')
    server.collections.set('acl', [{ match: {}, actions: ['*'] }])
    await until(() => host.log.lines.some(({ message }) => message.includes('seq must be a number')))
    expect(await granted()).to.equal('pull')
    await server.close()
    await until(() => host.log.lines.some(({ message }) => /connection refused.* stay in use/.test(message)))
    expect(await granted()).to.equal('pull')
    const again = await startWireServer(server.port)
    open.push(again)
    again.collections.set('acl', [{ seq: 1, match: {}, actions: ['*'] }])
    await until(async () => (await granted()) === 'pull,push')
  })
})
