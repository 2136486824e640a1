import { expect } from 'chai'
import { Cancellation } from '../../../core/work/cancellation.ts'
import { type Waiter, waiterOf } from '../../../core/work/waiter.ts'

const reason = new Error('gone')

describe('a cancellation', () => {
  it('tells whoever asked, once, and not who has ended that', () => {
    const cancellation = new Cancellation()
    const heard: string[] = []
    cancellation.whenCancelled(({ message }) => heard.push(`one ${message}`))
    const stay = cancellation.whenCancelled(() => heard.push('two'))
    cancellation.whenCancelled(() => heard.push('three'))
    stay()
    stay()
    cancellation.cancel(reason)
    cancellation.cancel(new Error('later'))
    expect(heard).to.deep.equal(['one gone', 'three'])
    expect(cancellation.reason).to.equal(reason)
  })

  it('tells at once who asks later, by its signal too', () => {
    const cancellation = new Cancellation()
    cancellation.cancel(reason)
    const heard: Error[] = []
    cancellation.whenCancelled((why) => heard.push(why))()
    expect(heard).to.deep.equal([reason])
    expect(cancellation.signal.reason).to.equal(reason)
  })

  it('aborts a signal that was handed out before, which says who waits', () => {
    const waiter = { network: 'home', account: 'ann' } as Waiter
    const cancellation = new Cancellation(() => waiter)
    const { signal } = cancellation
    expect(cancellation.signal).to.equal(signal)
    expect(waiterOf(signal)).to.equal(waiter)
    expect(Reflect.ownKeys(signal).map((key) => (signal as never)[key])).not.to.include(waiter)
    cancellation.cancel(reason)
    expect(signal.reason).to.equal(reason)
  })
})
