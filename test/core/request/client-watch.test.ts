// Who hears of it when a client's connection ends.
import { Socket } from 'node:net'
import { expect } from 'chai'
import { ClientWatch } from '../../../core/request/client-watch.ts'

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

describe('the end of a connection', () => {
  it('is told to all who wait, once, over one listener', async () => {
    const [watch, socket, told] = [new ClientWatch(), new Socket(), [] as string[]]
    const before = socket.listenerCount('close')
    for (const name of ['a', 'b', 'c']) watch.whenClosed(socket, () => told.push(name))
    expect(socket.listenerCount('close')).to.equal(before + 1)
    const end = closed(socket)
    socket.destroy()
    expect(told).to.deep.equal([])
    await end
    expect(told).to.deep.equal(['a', 'b', 'c'])
  })

  it('is told no more to whoever is done', async () => {
    const [watch, socket, told] = [new ClientWatch(), new Socket(), [] as string[]]
    const done = watch.whenClosed(socket, () => told.push('done'))
    watch.whenClosed(socket, () => told.push('waits'))
    done()
    const end = closed(socket)
    socket.destroy()
    await end
    expect(told).to.deep.equal(['waits'])
  })

  it('is told at once when it was before', () => {
    const [watch, socket, told] = [new ClientWatch(), new Socket(), [] as string[]]
    socket.destroy()
    watch.whenClosed(socket, () => told.push('late'))()
    expect(told).to.deep.equal(['late'])
  })

  it('of another one is not told', async () => {
    const [watch, one, other, told] = [new ClientWatch(), new Socket(), new Socket(), [] as string[]]
    watch.whenClosed(one, () => told.push('one'))
    watch.whenClosed(other, () => told.push('other'))
    const end = closed(other)
    other.destroy()
    await end
    expect(told).to.deep.equal(['other'])
    one.destroy()
  })
})
