// Clients that open a connection and leave it at that, or at half of something. Each is one connection to a loopback port.
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { openRaw } from './raw-http.ts'

const HOST = 'Host: localhost\r\n'
const POST = `POST /auth HTTP/1.1\r\n${HOST}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n`

/** What they send once HTTP may begin, and no more. */
const HALVES = {
  'that says nothing': '',
  'whose request line does not end': 'GET /auth',
  'whose headers do not end': `GET /auth HTTP/1.1\r\n${HOST}X-Slow: `,
  'whose body does not end': `${POST}username=`,
  'whose chunks do not end': `${POST.replace('Content-Length: 100', 'Transfer-Encoding: chunked')}9\r\nuser`,
  'whose body nobody wants, and does not end': `${POST.replace('/auth', '/nothing')}x`,
  'that keeps its connection': `GET /healthz HTTP/1.1\r\n${HOST}\r\n`,
  'that sends no HTTP': 'hello\r\n\r\n',
} as const

/** The beginning of a TLS record with a handshake of 512 bytes. */
const HALF_HELLO = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])

/** A byte from time to time. */
function drip(socket: Socket, bytes: Buffer): void {
  let sent = 0
  const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 20)
  socket.once('close', () => clearInterval(timer))
}

const OVER_TLS: Readonly<Record<string, (socket: Socket) => void>> = {
  'without a ClientHello': () => {},
  'with half a ClientHello': (socket) => void socket.write(HALF_HELLO),
  'whose ClientHello comes byte by byte': (socket) =>
    drip(socket, Buffer.concat([HALF_HELLO, Buffer.alloc(500)])),
  'that speaks HTTP to it': (socket) => void socket.write('GET / HTTP/1.1\r\n\r\n'),
}

/** A connection that stays open on the client's side, whatever the server does. */
export type BadClient = (port: number) => Promise<Socket>

/** All kinds of them. @param secure whether the server speaks TLS */
export function badClients(secure: boolean): ReadonlyMap<string, BadClient> {
  const halves = Object.entries(HALVES).map(([name, bytes]): [string, BadClient] => [
    secure ? `over TLS, ${name}` : name,
    async (port) => {
      const socket = secure ? await openTls(port) : (await openRaw(port)).socket
      socket.write(bytes)
      return socket
    },
  ])
  if (!secure) return new Map(halves)
  const handshakes = Object.entries(OVER_TLS).map(([name, begin]): [string, BadClient] => [
    name,
    async (port) => {
      const { socket } = await openRaw(port)
      begin(socket)
      return socket
    },
  ])
  return new Map([...halves, ...handshakes])
}

async function openTls(port: number): Promise<Socket> {
  const carrier = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
  const socket = connectTls({ socket: carrier, rejectUnauthorized: false }).on('error', () => {})
  // An impatient server may have closed it before.
  await new Promise((done) => socket.once('secureConnect', done).once('close', done))
  return socket
}
