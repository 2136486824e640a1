// What a browser keeps of a sign-in that was begun, and for how long that is good whatever the browser does with its cookies.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import Koa from 'koa'
import type { Address } from '../../../core/sign-in/address.ts'
import { ATTEMPT_MS, keepAttempt, takeAttempt } from '../../../core/sign-in/cookies.ts'
import { Visitor } from '../../support/visitor.ts'

const ADDRESS: Address = {
  url: 'http://127.0.0.1/example_auth',
  path: '/example_auth',
  landing: '/',
  secure: false,
}
const BEGUN = Date.parse('2026-01-01T00:00:00Z')
const ATTEMPT = { state: 'state-of-the-test', keep: { verifier: 'kept' } }

describe('a sign-in that was begun in a browser', () => {
  let server: Server
  let at: string
  beforeEach(async () => {
    const app = new Koa()
    app.use((context) => {
      const now = Number(context.query.now)
      if (context.path === '/begin') keepAttempt(context, ADDRESS, ATTEMPT, now)
      else context.state.taken = takeAttempt(context, ADDRESS, ATTEMPT.state, now)
      context.body = { taken: context.state.taken ?? null }
    })
    server = createServer(app.callback()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })

  /** What is taken out of the cookie that was set at BEGUN, so long after that. */
  async function takenAfter(ms: number): Promise<unknown> {
    const visitor = new Visitor()
    await visitor.get(`${at}/begin?now=${BEGUN}`)
    expect(visitor.cookies(at)).to.have.lengthOf(1)
    const { text } = await visitor.get(`${at}/finish?now=${BEGUN + ms}`)
    expect(visitor.cookies(at)).to.deep.equal([])
    return JSON.parse(text).taken
  }

  it('can be finished for ten minutes', async () => {
    expect(ATTEMPT_MS).to.equal(600_000)
    expect(await takenAfter(ATTEMPT_MS - 1)).to.deep.equal(ATTEMPT)
  })

  it('can not be finished later, with a cookie that the browser should have dropped', async () => {
    expect(await takenAfter(ATTEMPT_MS)).to.equal(null)
  })
})
