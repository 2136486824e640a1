import { expect } from 'chai'
import { afterTurn, turnOver } from '../../../core/work/after-turn.ts'

describe('after a turn of the event loop', () => {
  it('all is called that was asked for in it, in that order, and what is asked for meanwhile comes with the next', async () => {
    const heard: string[] = []
    const first = Promise.withResolvers<void>()
    afterTurn(() => {
      heard.push('one')
      afterTurn(() => {
        heard.push('of the next turn')
        first.resolve()
      })
    })
    afterTurn(() => heard.push('two'))
    await Promise.resolve()
    expect(heard).to.deep.equal([])
    await first.promise
    expect(heard).to.deep.equal(['one', 'two', 'of the next turn'])
  })

  it('one that throws keeps no other from being called, and is heard of', async () => {
    const uncaught = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const heard: string[] = []
    process.once('uncaughtException', ({ message }) => heard.push(message))
    try {
      afterTurn(() => {
        throw new Error('one')
      })
      afterTurn(() => heard.push('two'))
      await turnOver()
      await turnOver()
      expect(heard).to.deep.equal(['two', 'one'])
    } finally {
      for (const listener of uncaught) process.on('uncaughtException', listener)
    }
  })

  it('who waits for its end waits together, and after it for another one', async () => {
    const over = turnOver()
    expect(turnOver()).to.equal(over)
    await over
    expect(turnOver()).not.to.equal(over)
  })
})
