// What becomes of logins when servers stop, hang, restart and are slow, and how much they cost.
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { type Authenticator, type AuthnOutcome, Busy, type Places, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import { freePort } from '../../test/support/free-port.ts'
import { serve } from '../../test/support/http-server.ts'
import { GROUPS_BASE, login, open, PASSWORD, PEOPLE, serviceOptions } from '../../test/support/ldap-people.ts'
import { type LdapProxy, startLdapProxy } from '../../test/support/ldap-proxy.ts'
import { until } from '../../test/support/processes.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'

/** The message of what a login throws; an answer is a failure. */
async function faultOf(outcome: unknown): Promise<string> {
  return Promise.resolve(outcome).then(
    (answer) => expect.fail(`expected a throw, got ${JSON.stringify(answer)}`),
    (error: Error) => error.message,
  )
}

async function accepted(outcome: Promise<AuthnOutcome>): Promise<void> {
  expect((await outcome).outcome).to.equal('accept')
}

describe('ldap, when its servers have troubles', () => {
  needs('slapd')
  let first: SlapdServer
  let second: SlapdServer
  let proxy: LdapProxy
  const opened: Authenticator[] = []

  before(async () => {
    first = await startSlapd({ ldif: PEOPLE })
    second = await startSlapd({ ldif: PEOPLE })
  })
  after(() => Promise.all([first?.stop(), second?.stop()]))

  beforeEach(async () => {
    proxy = await startLdapProxy(first.port)
  })
  afterEach(async () => {
    first.resume()
    for (const instance of opened.splice(0)) await instance.close?.()
    await proxy.stop()
  })

  async function opening(servers: string[], more: object = {}, host = testHost()): Promise<Authenticator> {
    const instance = await open(serviceOptions(servers, more), host)
    opened.push(instance)
    return instance
  }

  describe('the cost', () => {
    it('of a login on kept connections is one search and one bind', async () => {
      const ldap = await opening([proxy.url])
      await accepted(login(ldap, 'ann'))
      expect(proxy.operations.splice(0)).to.deep.equal(['bind', 'search', 'bind'])
      for (const account of ['bob', 'ann', 'bob']) await accepted(login(ldap, account))
      expect((await login(ldap, 'ann', 'wrong horse')).outcome).to.equal('reject')
      expect(proxy.operations).to.deep.equal(Array(4).fill(['search', 'bind']).flat())
      expect(proxy.connections).to.equal(2)
    })

    it('of an account that is not there, or of no password, is no bind', async () => {
      const ldap = await opening([proxy.url])
      await ldap.ready!()
      proxy.operations.splice(0)
      expect((await login(ldap, 'nobody')).outcome).to.equal('pass')
      expect((await login(ldap, 'ann', '')).outcome).to.equal('pass')
      expect((await login(ldap, '', PASSWORD)).outcome).to.equal('pass')
      expect(proxy.operations).to.deep.equal(['search'])
    })

    it('of groups is one search more for each level', async () => {
      const ldap = await opening([proxy.url], {
        groups: { base: GROUPS_BASE, filter: '(member=${dn})', nested: 1 },
      })
      await accepted(login(ldap, 'ann'))
      expect(proxy.operations).to.deep.equal(['bind', 'search', 'bind', 'search', 'search'])
    })

    it('of 200 logins at once is a bounded number of connections', async () => {
      const ldap = await opening([proxy.url], { connections: 4 })
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, (_, index) => login(ldap, index % 2 ? 'ann' : 'bob')),
      )
      expect(outcomes.filter(({ outcome }) => outcome === 'accept')).to.have.length(200)
      expect(proxy.most).to.be.at.most(8)
      expect(proxy.connections).to.equal(proxy.most)
    })
  })

  it('mixes up nobody when logins with right and wrong passwords share connections', async () => {
    const ldap = await opening([first.url], { connections: 2 })
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) => login(ldap, 'ann', index % 3 ? PASSWORD : 'wrong horse')),
    )
    const expected = Array.from({ length: 60 }, (_, index) => (index % 3 ? 'accept' : 'reject'))
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(expected)
  })

  it('asks again on another connection when the kept ones have been cut', async () => {
    const ldap = await opening([proxy.url])
    for (let round = 0; round < 3; round++) {
      await accepted(login(ldap, 'ann'))
      proxy.cut()
    }
  })

  it('throws, naming the server, while the only one is stopped, and recovers by itself', async () => {
    const ldap = await opening([first.url])
    await accepted(login(ldap, 'ann'))
    await first.halt()
    try {
      for (const password of [PASSWORD, 'wrong horse']) {
        expect(await faultOf(login(ldap, 'ann', password))).to.match(
          /^ldap:\/\/127\.0\.0\.1:\d+: connection refused/,
        )
      }
      expect(await ldap.ready!().then(() => 'ready', String)).to.match(/connection refused/)
    } finally {
      await first.start()
    }
    await accepted(login(ldap, 'ann'))
    await ldap.ready!()
  })

  it('never says wrong to a right password during restarts under load', async () => {
    const ldap = await opening([first.url])
    const stopping = new AbortController()
    const answers: string[] = []
    const client = async () => {
      while (!stopping.signal.aborted) {
        const answer = await login(ldap, 'ann').then(
          ({ outcome }) => outcome,
          () => 'unavailable',
        )
        answers.push(answer)
        await delay(5)
      }
    }
    const clients = Array.from({ length: 10 }, client)
    try {
      for (let round = 0; round < 3; round++) {
        const enough = answers.length + 50
        await until(() => answers.length >= enough)
        await first.halt()
        await first.start()
      }
    } finally {
      stopping.abort()
      await Promise.all(clients)
    }
    expect(answers).to.include('accept').and.not.include('reject').and.not.include('pass')
    await accepted(login(ldap, 'ann'))
  })

  it('throws within its timeout while the only one hangs, and recovers by itself', async () => {
    const ldap = await opening([first.url])
    await accepted(login(ldap, 'ann'))
    await first.pause()
    const faults = await Promise.all(
      Array.from({ length: 20 }, () => faultOf(login(ldap, 'ann', PASSWORD, 300))),
    )
    expect(faults.join('\n')).to.match(/no answer in time/)
    first.resume()
    await accepted(login(ldap, 'ann'))
  })

  it('takes a slow server for what it is when there is no other', async () => {
    const ldap = await opening([proxy.url], { server_timeout: '100ms' })
    proxy.delay = 300
    await accepted(login(ldap, 'ann'))
  })

  describe('with two servers', () => {
    it('asks the second one while the first is down, and the first again when that answers', async () => {
      let now = 0
      const host = testHost({ clock: { now: () => now } })
      const other = await startLdapProxy(second.port)
      try {
        const ldap = await opening([first.url, other.url], {}, host)
        await first.halt()
        try {
          await accepted(login(ldap, 'ann'))
          await accepted(login(ldap, 'ann'))
          expect(host.log.lines.map(({ message }) => message)).to.deep.equal([
            'directory server could not be asked',
          ])
        } finally {
          await first.start()
        }
        other.operations.splice(0)
        await accepted(login(ldap, 'ann'))
        expect(other.operations, 'the first one is given time').to.deep.equal(['search', 'bind'])
        now += 6_000
        await accepted(login(ldap, 'ann'))
        expect(other.operations, 'the first one has answered').to.deep.equal(['search', 'bind'])
      } finally {
        await other.stop()
      }
    })

    it('leaves one that hangs after server_timeout, and then asks the other at once', async () => {
      const host = testHost({ clock: { now: () => 0 } })
      const ldap = await opening([proxy.url, second.url], { server_timeout: '200ms' }, host)
      await accepted(login(ldap, 'ann'))
      await first.pause()
      await Promise.all(Array.from({ length: 20 }, () => accepted(login(ldap, 'ann'))))
      // Another proxy in its place, which sees nothing of what was given up.
      await proxy.stop()
      proxy = await startLdapProxy(first.port, proxy.port)
      await accepted(login(ldap, 'ann'))
      expect(proxy.connections, 'the first one is not asked').to.equal(0)
    })

    it('asks the second one when the line of the first is too long, and is busy when both are', async () => {
      const { places, ...host } = testHost()
      const full = new Set([proxy.url])
      const take = () => Promise.reject(new Busy('the line is too long', 1_000))
      const some: Places = {
        open: (options) =>
          [...full].some((url) => options.name.includes(url)) ? { take, run: take } : places.open(options),
      }
      const ldap = await opening([proxy.url, second.url], {}, { ...host, places: some })
      await accepted(login(ldap, 'ann'))
      expect(proxy.connections).to.equal(0)
      full.add(second.url)
      const none = await opening([proxy.url, second.url], {}, { ...host, places: some })
      expect(await login(none, 'ann').catch((error: unknown) => error)).to.be.instanceOf(Busy)
    })

    it('throws when all are down, naming each', async () => {
      const gone = [`ldap://127.0.0.1:${await freePort()}`, `ldap://127.0.0.1:${await freePort()}`]
      const fault = await faultOf(login(await opening(gone), 'ann'))
      for (const url of gone) expect(fault).to.include(`${url}: connection refused`)
    })

    it('does not ask the second one whether a password that the first calls wrong is right', async () => {
      const ldap = await opening([first.url, proxy.url])
      expect((await login(ldap, 'ann', 'wrong horse')).outcome).to.equal('reject')
      expect(proxy.operations).to.deep.equal([])
    })
  })

  it('throws when the service account is refused: that is nobody else’s wrong password', async () => {
    const ldap = await opening([first.url], { bind_password: new Secret('not the password') })
    const fault = await faultOf(login(ldap, 'ann'))
    expect(fault).to.match(/bind_dn was refused: LDAP result 49 .*correct bind_dn and its password/)
    expect(fault).not.to.include('not the password')
  })

  it('throws when the base is not there', async () => {
    const ldap = await opening([first.url], { base: 'ou=nowhere,dc=example,dc=com' })
    expect(await faultOf(login(ldap, 'ann'))).to.match(/LDAP result 32/)
  })

  it('throws at what is no LDAP server, within its timeout', async () => {
    const web = await serve((_, response) => void response.end('hello'))
    try {
      const ldap = await opening([web.origin.replace('http', 'ldap')])
      await faultOf(login(ldap, 'ann', PASSWORD, 300))
    } finally {
      await web.close()
    }
  })

  it('gives up a call whose time is over before it began', async () => {
    const ldap = await opening([first.url])
    const request = testRequest({ signal: AbortSignal.abort() })
    const credentials = { kind: 'password', account: 'ann', password: new Secret(PASSWORD) } as const
    expect(await faultOf(ldap.authenticate(credentials, request))).to.match(
      /no answer in time|no free connection/,
    )
  })
})
