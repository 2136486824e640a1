// `dockwarden guard` and the server that it asks.
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { COUNTING } from '../../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../../support/server.ts'

const RIGHT = 'canary of the command'

describe('dockwarden guard', () => {
  let server: TestInstance
  const start = async (settings: object = {}) => {
    server = await startTestServer({
      config: {
        server: { client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.1'] }, ...settings },
        authenticators: [{ plugin: COUNTING, options: { password: RIGHT } }],
        authorizers: [],
      },
    })
  }
  afterEach(() => server.stop())

  const login = async (account: string, password: string, ip: string) =>
    (await server.token({ user: [account, password], headers: { 'x-forwarded-for': ip } })).status
  const run = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []]
    const status = await runCommandLine(
      ['guard', ...args, '--config', join(server.folder, 'dockwarden.yml')],
      {
        stdout: { write: (text) => out.push(text) },
        stderr: { write: (text) => err.push(text) },
      },
    )
    return { status, stdout: out.join(''), stderr: err.join('') }
  }
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout)
  const fail = async (account: string, count: number, ip: string) => {
    // All at once: however slow the machine is, nobody has waited to the end.
    await Promise.all(Array.from({ length: count }, (_, nth) => login(account, `wrong guess ${nth}`, ip)))
  }

  it('list shows who has failed, as text and as JSON', async () => {
    await start()
    expect((await run('list')).stdout).to.equal('')
    await fail('Ann', 3, '192.0.2.1')
    await fail('ben', 1, '2001:db8::7')
    const { pairs, networks, accounts, left_out } = await json('list')
    expect(pairs).to.deep.equal([
      { account: 'ann', network: '192.0.2.1', wrong: 3, waits: 0 },
      { account: 'ben', network: '2001:db8:0:0::/64', wrong: 1, waits: 0 },
    ])
    expect(networks).to.have.deep.members([
      { network: '192.0.2.1', accounts: 1, waits: 0 },
      { network: '2001:db8:0:0::/64', accounts: 1, waits: 0 },
    ])
    expect(accounts).to.have.deep.members([
      { account: 'ann', networks: 1, attacked: false },
      { account: 'ben', networks: 1, attacked: false },
    ])
    expect(left_out).to.equal(0)
    const { status, stdout } = await run('list', '--account', 'ANN')
    expect({ status, stdout }).to.deep.equal({
      status: 0,
      stdout: '"ann" from 192.0.2.1: 3 wrong passwords\n"ann": 1 network failed\n',
    })
    for (const network of ['2001:db8::1', '2001:db8:0:0::/64']) {
      expect((await run('list', '--network', network)).stdout).to.equal(
        '"ben" from 2001:db8:0:0::/64: 1 wrong password\n2001:db8:0:0::/64: 1 account failed\n',
      )
    }
  })

  it('list says who waits, and which accounts are attacked', async () => {
    await start()
    await fail('ann', 40, '192.0.2.1')
    await Promise.all(
      Array.from({ length: 50 }, (_, nth) => login(`name-${nth}`, 'wrong guess', '192.0.2.2')),
    )
    for (let nth = 0; nth < 20; nth++) await login('root', 'wrong guess', `203.0.113.${nth}`)
    const listed = await json('list')
    expect(listed.pairs[0]).to.deep.include({ account: 'ann', network: '192.0.2.1' })
    expect(listed.pairs[0].wrong).to.be.at.least(5)
    expect(listed.networks[0]).to.deep.include({ network: '192.0.2.2', accounts: 50 })
    expect(listed.networks[0].waits).to.be.within(1, 600)
    expect(listed.accounts[0]).to.deep.equal({ account: 'root', networks: 20, attacked: true })
  })

  for (const [what, args, left] of [
    ['all', [], []],
    ['an account', ['--account', 'ann'], ['ben from 192.0.2.1', 'ben from 192.0.2.2']],
    ['a network', ['--network', '192.0.2.1'], ['ann from 192.0.2.2', 'ben from 192.0.2.2']],
    [
      'a pair',
      ['--account', 'ANN', '--network', '192.0.2.1'],
      ['ann from 192.0.2.2', 'ben from 192.0.2.1', 'ben from 192.0.2.2'],
    ],
  ] as const) {
    it(`clear forgets ${what}`, async () => {
      await start()
      for (const account of ['ann', 'ben'])
        for (const ip of ['192.0.2.1', '192.0.2.2']) await fail(account, 2, ip)
      const { status, stdout } = await run('clear', ...args)
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: `${4 - left.length}\n` })
      const { pairs, networks, accounts } = await json('list')
      const found: string[] = pairs.map(
        (pair: { account: string; network: string }) => `${pair.account} from ${pair.network}`,
      )
      expect(found.sort()).to.deep.equal(left)
      const sum = (list: Record<string, number>[], key: string) =>
        list.reduce((all, one) => all + one[key]!, 0)
      expect(sum(networks, 'accounts')).to.equal(left.length)
      expect(sum(accounts, 'networks')).to.equal(left.length)
      const line = server.lines().find(({ audit }) => audit === 'guard cleared')!
      expect(line).to.deep.include({ cleared: 4 - left.length })
      expect(line.by).to.match(/@/)
      // They may try all of it again.
      const tries = await Promise.all(
        [0, 1, 2, 3, 4].map((nth) => login('ann', `wrong guess ${nth}`, '192.0.2.1')),
      )
      if (what !== 'all' && !String(args).match(/ann/i) && what !== 'a network') return
      expect(tries).to.deep.equal([401, 401, 401, 401, 401])
    })
  }

  it('clear ends a wait, and asks again about what was refused', async () => {
    await start()
    await fail('ann', 30, '192.0.2.1')
    const counted = () => server.lines().filter(({ msg }) => msg === 'counted').length
    const before = counted()
    expect(before).to.be.below(30)
    expect((await run('clear', '--account', 'ann')).status).to.equal(0)
    expect(await login('ann', 'wrong guess 0', '192.0.2.1')).to.equal(401)
    expect(counted()).to.equal(before + 1)
    expect(await login('ann', RIGHT, '192.0.2.1')).to.equal(200)
  })

  it('clear exits 1 when there was nothing', async () => {
    await start()
    expect(await run('clear')).to.deep.equal({
      status: 1,
      stdout: '0\n',
      stderr: 'dockwarden: the guard had nothing to clear\n',
    })
  })

  it('exits 2 for a network that is none, without a guard, and without a server', async () => {
    await start({ guard: false })
    expect(await run('list')).to.deep.include({
      status: 2,
      stderr: 'dockwarden: this server has no guard: server.guard is false\n',
    })
    await server.server.stop()
    const { status, stderr } = await run('list')
    expect(status).to.equal(2)
    expect(stderr).to.include('no server answers at').and.include('control.sock')
  })

  it('takes an address for a network, and nothing else', async () => {
    await start()
    for (const network of ['10.0.0.0/8', 'home', '', '2001:db8::/32']) {
      const { status, stderr } = await run('list', '--network', network)
      expect(status, network).to.equal(2)
      expect(stderr).to.include('is no address')
    }
  })
})
