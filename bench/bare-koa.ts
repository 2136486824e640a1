// The measure for the host: a bare Koa and router JSON answer.
import type { AddressInfo } from 'node:net'
import Router from '@koa/router'
import Koa from 'koa'

const router = new Router()
router.get('/', (context) => {
  context.body = { token: 'x', expires_in: 900 }
})
const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => process.exit(0))
