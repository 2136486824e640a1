import { expect } from 'chai'
import { spentStates } from '../../../core/server/generation.ts'

describe('states of sign-ins', () => {
  it('are good once', async () => {
    const spent = spentStates()
    const first = [await spent.spend('one'), await spent.spend('other')]
    expect([...first, await spent.spend('one')]).to.deep.equal([true, true, false])
    expect(await spentStates().spend('one')).to.equal(true)
  })
})
