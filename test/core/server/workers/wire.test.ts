// The channel between a server's processes.
import { expect } from 'chai'
import { Wire, WireClosed, type WireVerbs } from '../../../../core/server/workers/wire.ts'

function pair(verbs: WireVerbs): { here: Wire; messages: object[] } {
  const messages: object[] = []
  const over = (to: () => Wire) => (message: object) => {
    messages.push(message)
    to().take(JSON.parse(JSON.stringify(message)))
  }
  const there: Wire = new Wire(
    over(() => here),
    verbs,
  )
  const here: Wire = new Wire(
    over(() => there),
    {},
  )
  return { here, messages }
}

describe('a wire', () => {
  it('answers what is asked, each its own', async () => {
    const { here } = pair({ double: async (given: number) => given * 2, nothing: () => {} })
    const answers = await Promise.all([here.ask('double', 2), here.ask('nothing'), here.ask('double', 4)])
    expect(answers).to.deep.equal([4, null, 8])
  })

  it('sends what is said in one turn as one message', async () => {
    const { here, messages } = pair({ echo: (given: unknown) => given })
    await Promise.all([here.ask('echo', 1), here.ask('echo', 2), here.ask('echo', 3)])
    expect(messages.map((message) => (message as unknown[]).length)).to.deep.equal([3, 3])
  })

  it('says why not, in the words of the other end', async () => {
    const { here } = pair({
      fail() {
        throw new Error('no such thing')
      },
    })
    for (const [verb, message] of [
      ['fail', 'no such thing'],
      ['toString', 'a process of this server knows no "toString"'],
    ])
      expect(await here.ask(verb!).catch((error: Error) => error.message)).to.equal(message)
  })

  it('leaves nobody waiting when the other end has gone', async () => {
    const { here } = pair({ never: () => new Promise(() => {}) })
    const asked = here.ask('never').catch((error: unknown) => error)
    here.close()
    expect(await asked).to.be.instanceOf(WireClosed)
    expect(await here.ask('never').catch((error: unknown) => error)).to.be.instanceOf(WireClosed)
    here.tell('never')
  })

  it('is closed by a channel that takes nothing more', async () => {
    const wire = new Wire(() => {
      throw new Error('Channel closed')
    }, {})
    expect(await wire.ask('any').catch((error: unknown) => error)).to.be.instanceOf(WireClosed)
  })

  it('takes nothing that is no message of its own', () => {
    const { here } = pair({})
    for (const message of [null, 'text', { to: 1 }, 7]) here.take(message)
  })
})
