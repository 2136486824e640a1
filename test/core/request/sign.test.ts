import { expect } from 'chai'
import { RequestError } from '../../../core/request/errors.ts'
import { setErrorHeaders } from '../../../core/request/respond.ts'
import { sign } from '../../../core/request/sign.ts'
import { FairPlace } from '../../../core/work/place.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('signing', () => {
  it('is done in turns, and is 503 for whoever gets none', async () => {
    const signatures = new FairPlace({ name: 'signatures', size: 1 })
    const signed: (() => void)[] = []
    const settings = {
      issuer: 'Auth Service',
      lifetimes: { expiration: 300_000, byAction: new Map() },
      services: undefined,
      signatures,
      signer: {
        sign: () => new Promise<string>((resolve) => signed.push(() => resolve('token'))),
        close: async () => {},
      },
    }
    const identity = { account: 'alice', labels: {}, authenticator: 'users' }
    const begin = () => sign(settings, identity, 'registry', [], new AbortController().signal, Date.now())
    const [first, second, third] = [begin(), begin(), begin()]
    expect(signatures.counts()).to.include({ running: 1, waiting: 2 })
    await settled()
    signed[0]!()
    expect((await first).token).to.equal('token')
    expect(signatures.counts()).to.include({ running: 1, waiting: 1 })
    signatures.close()
    const error = await third.catch((reason: Error) => reason)
    expect(error).to.be.instanceOf(RequestError)
    expect(error).to.include({ status: 503 })
    expect((error as Error).cause).to.match(/signatures: the server is stopping/)
    const headers: Record<string, string> = {}
    setErrorHeaders({ set: (name: string, value: string) => (headers[name] = value) } as never, 503, error)
    expect(headers).to.deep.equal({ 'Retry-After': '1' })
    await settled()
    signed[1]!()
    expect((await second).token).to.equal('token')
  })
})
