// Reading a form, on a server of its own: its limits of size and time.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { readForm } from '../../../core/request/body.ts'
import { openRaw } from '../../support/raw-http.ts'

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n'

describe('readForm', () => {
  let server: Server
  let read: Promise<URLSearchParams>
  let started: Promise<void>
  /** Milliseconds for the body. */
  let patience: number

  beforeEach((done) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    started = promise
    patience = 60_000
    server = createServer((request) => {
      read = readForm(request, 64 * 1024, patience)
      // Looked at later, by the test.
      read.catch(() => {})
      resolve()
    })
    server.listen(0, '127.0.0.1', done)
  })

  afterEach((done) => {
    server.close(done)
    server.closeAllConnections()
  })

  const connect = () => openRaw((server.address() as AddressInfo).port)

  async function failure(): Promise<object> {
    await started
    return read.then(
      (form) => ({ form: form.toString() }),
      ({ status, message }) => ({ status, message }),
    )
  }

  it('decodes fields that come in pieces', async () => {
    using connection = await connect()
    connection.write(`${HEAD}Content-Length: 27\r\n\r\nscope=a%3Ab&scope=`)
    await started
    connection.write('c+d%C5%BE')
    expect([...(await read)]).to.deep.equal([
      ['scope', 'a:b'],
      ['scope', 'c dž'],
    ])
  })

  it('gives up on a body that does not come in time', async () => {
    patience = 30
    using connection = await connect()
    connection.write(`${HEAD}Content-Length: 27\r\n\r\nscope=`)
    expect(await failure()).to.deep.equal({ status: 408, message: 'the body did not arrive in time' })
  })

  it('gives up on a body that ends too early', async () => {
    using connection = await connect()
    connection.write(`${HEAD}Content-Length: 27\r\n\r\nscope=`)
    await started
    connection.destroy()
    expect(await failure()).to.deep.equal({ status: 400, message: 'the body ended too early' })
  })

  it('gives up on a body as soon as it is too large, before its end', async () => {
    using connection = await connect()
    connection.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(0x20000)}\r\n`)
    expect(await failure()).to.deep.equal({ status: 413, message: 'the body has more than 65536 bytes' })
  })
})
