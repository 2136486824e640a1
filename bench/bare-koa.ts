// The measure for the server: a bare Koa and router JSON answer; with the argument `sign`, after an asynchronous P-256
// signature, which is the least that an ES256 token can cost here.
import { sign } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Router from '@koa/router'
import Koa from 'koa'
import { signingKey } from './signature.ts'

const key = signingKey('ec')
const input = Buffer.alloc(400, 'x')
const signed = () =>
  new Promise<Buffer>((resolve, reject) => {
    sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, (error, made) =>
      error ? reject(error) : resolve(made),
    )
  })

const router = new Router()
router.get('/', async (context) => {
  const token = process.argv[2] === 'sign' ? (await signed()).toString('base64url') : 'x'
  context.body = { token, expires_in: 900 }
})
const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => process.exit(0))
