import { expect } from 'chai'
import { HashThreads } from '../../../core/work/hash-threads.ts'

const CHEAP = '$2a$04$rCR1qDWGGfEAlDJ1j9T9JuHuit74hOP4ygrNh1pjhsplqCJaHB4lq'
const right = { kind: 'bcrypt', hash: CHEAP, password: 'correct horse' } as const

describe('the threads of password hashes', () => {
  it('give no work to one that ends because it had none', async () => {
    const threads = new HashThreads(1)
    for (let n = 0; n < 30; n++) {
      expect((await threads.run(right)).value).to.equal(true)
      // Now and then just when its time is over.
      await new Promise((resolve) => setTimeout(resolve, n % 4))
    }
    await threads.close()
  })

  it('are closed without waiting for what they compute, which is answered all the same', async () => {
    const threads = new HashThreads()
    await threads.run(right)
    expect(threads.busy).to.equal(false)
    const running = threads
      .run({ kind: 'make', password: 'correct horse', cost: 12 })
      .catch(({ message }: Error) => message)
    expect(threads.busy).to.equal(true)
    const first = await Promise.race([threads.close().then(() => 'closed'), running])
    expect(first).to.equal('closed')
    await running
    expect(threads.busy).to.equal(false)
  })
})
