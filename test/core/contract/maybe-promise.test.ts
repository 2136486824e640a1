import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { attempt, isPromise, whenThere } from '../../../core/contract/maybe-promise.ts'

const down = () => {
  throw new Error('down')
}
const failure = (answer: unknown) =>
  Promise.resolve(answer).then(
    () => 'none',
    (error: Error) => error.message,
  )

describe('an answer that may be there at once', () => {
  it('is gone on with at once, where it is', () => {
    expect(whenThere(1, (one) => one + 1)).to.equal(2)
    expect(attempt(() => 3)).to.equal(3)
  })

  it('is waited for, where it is a promise, whoever made it', async () => {
    const foreign: Promise<number> = runInNewContext('Promise.resolve(1)')
    expect([isPromise(Promise.resolve(1)), isPromise(foreign)]).to.deep.equal([true, true])
    for (const answer of [Promise.resolve(1), foreign])
      expect(await whenThere(answer, (one) => one + 1)).to.equal(2)
  })

  it('is no promise, whatever else it is', () => {
    for (const answer of [undefined, null, 0, '', 'then', { outcome: 'pass' }, () => 1])
      expect(isPromise(answer)).to.equal(false)
  })

  it('never throws: what is thrown is a rejection', async () => {
    expect(await failure(attempt(down))).to.equal('down')
    expect(await failure(whenThere(1, down))).to.equal('down')
    expect(await failure(whenThere(Promise.resolve(1), down))).to.equal('down')
    expect(await failure(whenThere(Promise.reject(new Error('first')), down))).to.equal('first')
  })
})
