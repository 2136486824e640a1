// A worker as the process that listens sees it: what becomes of a connection that is handed to one whose end is not known yet.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { Member } from '../../../../core/server/workers/member.ts'

/** Until it is dead, while nothing else is done here: so that nobody has heard of it. */
function killUnheard(pid: number): void {
  process.kill(pid, 'SIGKILL')
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) {}
}

describe('a worker that was just killed', () => {
  before(() => cluster.setupPrimary({ exec: 'setInterval(() => {}, 1000)', execArgv: ['--eval'] }))

  it('leaves no connection open that it was handed: it is given back, or closed', async () => {
    const listening = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const client = connect((listening.address() as AddressInfo).port, '127.0.0.1')
    const ended = once(client.on('error', () => {}).resume(), 'close')
    const [carrier] = (await once(listening, 'connection')) as [Socket]
    const member = new Member({ number: 1, verbs: {} })
    await once(cluster, 'online')
    killUnheard(member.pid!)
    member.take(0, carrier)
    expect(await member.gone).to.equal('killed by SIGKILL')
    for (const [kept] of member.takeBack()) kept.destroy()
    await ended
    expect([carrier.destroyed, member.load]).to.deep.equal([true, 0])
    listening.close()
  })
})
