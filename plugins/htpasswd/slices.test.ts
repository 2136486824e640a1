// A password file of many thousand lines is read in turns with others.
import { expect } from 'chai'
import { inSlices, parsePasswordFile } from '../../core/plugin.ts'
import { Budget } from '../../core/work/budget.ts'
import { createTurns } from '../../core/work/turns.ts'
import { HandLoop } from '../../test/support/hand-loop.ts'

const HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm'

describe('a long password file', () => {
  it('gives way while it is read', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `user-${index}:${HASH}\n`).join('')
    const loop = new HandLoop()
    const work = new Budget(createTurns(loop)).work()
    const { users } = await loop.until(inSlices(parsePasswordFile(text), work))
    expect(users.size).to.equal(20_000)
    expect(loop.turns).to.be.above(8)
  })
})
