// More connections than there is room for: who has to give way, and to whom.
import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Listen } from '../../core/config/native/listen-schema.ts'
import { type Listener, startListener } from '../../core/server/listener.ts'
import { openRaw, type RawConnection } from '../support/raw-http.ts'
import { eventually } from '../support/server.ts'

/** Loopback addresses of clients, and of a proxy of ours. */
const [ANN, BEN, CID, PROXY] = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.9'] as const
/** Idle connections give way from the seventh on. */
const BOUND = 8
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** What a connection is at. */
const STATES = {
  silent: '',
  'at half of its headers': 'GET / HTTP/1.1\r\nHost',
  'at half of its body': 'POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf',
  idle: get('/'),
  busy: get('/wait'),
} as const
type State = keyof typeof STATES

describe('a listener with room for few connections', () => {
  let listener: Listener
  let folder: string
  let waiting: ServerResponse[]
  let arrived: number
  let refused: [string, string | undefined][]

  const handler: RequestListener = ({ url }, response) => {
    arrived += 1
    if (url === '/wait') waiting.push(response)
    else response.end('here')
  }

  async function start(listen: Listen = { host: '127.0.0.1', port: 0 }): Promise<void> {
    const isProxy = (ip: string | undefined) => ip === undefined || ip === PROXY
    listener = await startListener(handler, [{ listen }], {
      limits: { connections: BOUND },
      isProxy,
      patience: { drain: 20 },
      refused: (cause, peer) => refused.push([cause, peer]),
    })
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'many-connections-'))
    waiting = []
    arrived = 0
    refused = []
  })
  afterEach(async () => {
    await listener.stop()
    rmSync(folder, { recursive: true })
  })

  /** Opens one after the other, and waits until the server has got to see each as it is. */
  async function open(count: number, state: State, from?: string): Promise<RawConnection[]> {
    const opened: RawConnection[] = []
    for (let index = 0; index < count; index += 1) {
      const before = arrived
      const connection = await openRaw(listener.port ?? join(folder, 'socket'), from)
      connection.write(STATES[state])
      if (state === 'idle') await connection.answers(1)
      else if (STATES[state].includes('/wait')) await eventually(() => arrived > before)
      opened.push(connection)
    }
    return opened
  }

  /** Whether a connection is answered; false when it was closed. */
  async function serves(connection: RawConnection): Promise<boolean> {
    const before = connection.text.length
    connection.write(get('/'))
    await eventually(() => connection.text.length > before || connection.socket.closed)
    return connection.text.length > before
  }

  const allServe = async (connections: RawConnection[]) => {
    for (const connection of connections) if (!(await serves(connection))) return false
    return true
  }

  it('above three quarters closes the idle ones of the largest holder first, the oldest of them', async () => {
    await start()
    const [own] = await open(1, 'idle', BEN)
    const idle = await open(5, 'idle', ANN)
    const [next] = await open(1, 'idle', BEN)
    await idle[0]!.closed()
    expect(await allServe([own!, next!, ...idle.slice(1)])).to.equal(true)
    expect(refused).to.deep.equal([])
  })

  it('keeps those above three quarters that are not idle, of any holder', async () => {
    await start()
    const busy = await open(6, 'busy', ANN)
    await open(1, 'idle', BEN)
    for (const response of waiting) response.end('here')
    for (const connection of busy) expect(await connection.answers(1)).to.have.length(1)
  })

  for (const state of ['silent', 'at half of its headers', 'at half of its body', 'idle'] as const) {
    it(`when full closes the oldest of the largest holder that waits for its client: one ${state}`, async () => {
      await start()
      const [own] = await open(1, 'busy', BEN)
      const held = await open(7, state, ANN)
      const [next] = await open(1, 'idle', CID)
      await held[0]!.closed()
      expect(await serves(next!)).to.equal(true)
      waiting[0]!.end('here')
      expect(await own!.answers(1)).to.have.length(1)
      const told = [['a connection that kept waiting, when there was no room', ANN]]
      expect(refused).to.deep.equal(state === 'idle' ? [] : told)
    })
  }

  it('when full lets a holder make room for himself', async () => {
    await start()
    const held = await open(BOUND, 'silent', ANN)
    const [next] = await open(1, 'idle', ANN)
    await held[0]!.closed()
    expect(await serves(next!)).to.equal(true)
  })

  it('when full takes nothing from who holds less than the one who comes', async () => {
    await start()
    const idle = [...(await open(1, 'idle', BEN)), ...(await open(1, 'idle', CID))]
    await open(6, 'busy', ANN)
    const late = await openRaw(listener.port!, ANN)
    expect(await late.closed()).to.deep.equal([])
    expect(refused).to.deep.equal([['too many connections', ANN]])
    expect(await allServe(idle)).to.equal(true)
  })

  it('when full of requests in flight refuses, and takes the next one when there is room again', async () => {
    await start()
    const busy = await open(BOUND, 'busy', ANN)
    expect(await (await openRaw(listener.port!, BEN)).closed()).to.deep.equal([])
    busy[0]!.destroy()
    await eventually(async () => serves(await openRaw(listener.port!, BEN)))
  })

  it('closes none of a proxy for others, however many it has', async () => {
    await start()
    const proxied = await open(7, 'idle', PROXY)
    const [first] = await open(1, 'idle', ANN)
    const [second] = await open(1, 'idle', BEN)
    await first!.closed()
    expect(await allServe([...proxied, second!])).to.equal(true)
  })

  it('closes an idle one of a proxy for another of a proxy', async () => {
    await start()
    const proxied = await open(BOUND, 'idle', PROXY)
    const [next] = await open(1, 'idle', PROXY)
    await proxied[0]!.closed()
    expect(await serves(next!)).to.equal(true)
  })

  it('takes clients of a unix socket for those of a proxy', async () => {
    await start({ socket: join(folder, 'socket') })
    const idle = await open(BOUND - 1, 'idle')
    expect(await allServe(idle)).to.equal(true)
    await open(2, 'silent')
    await idle[0]!.closed()
    expect(await allServe(idle.slice(1))).to.equal(true)
  })
})
