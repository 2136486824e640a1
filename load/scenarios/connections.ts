// Clients that hold connections and ask for little or nothing: they are gone after a while, and others get in meanwhile.
import { writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, addressOf, ask, bystanderAddress } from '../client.ts'
import type { Drill, Scenario } from '../drill.ts'
import { bcrypt, bystanders, login, loginsOf, OWN_NAMESPACE, others } from '../people.ts'
import { figuresOf } from '../process-figures.ts'
import type { LoadedServer } from '../server.ts'
import { openMany, stillOpen } from '../sockets.ts'
import { longest, shown, timesOf } from '../tally.ts'

const MOST_WAIT = 1_000
/** A client has 10 s for its headers, and nobody looks more often than every other second. */
const SILENT_FOR = 14_000
const BODY_FOR = 34_000
const STOP_LIMIT = 15_000

const sections = async () => ({ users: others('other', await bcrypt(10)), acl: [OWN_NAMESPACE] })
const bystanderOf = (server: LoadedServer) => bystanders('bystander', ...loginsOf(server, 'other'))

/** Holds connections for a while. What was opened must be gone then, and the server must be able to end. */
async function hold(
  drill: Drill,
  given: {
    connections: number
    milliseconds: number
    limits?: object
    each?: (socket: Socket) => void
  },
): Promise<void> {
  const { connections, milliseconds, each } = given
  const server = await drill.start({
    ...(await sections()),
    ...(given.limits && { server: { limits: given.limits } }),
  })
  const watch = await drill.watch(server.port, [bystanderOf(server)])
  const before = figuresOf(server.pid)
  const sockets = await openMany(connections, server.port, addressOf)
  for (const socket of sockets) each?.(socket)
  const during = figuresOf(server.pid)
  await delay(milliseconds)
  const open = stillOpen(sockets)
  const after = figuresOf(server.pid)
  const seen = await watch.stop()
  drill.reportSeen('meanwhile', seen)
  drill.say(
    'descriptors',
    `${before.descriptors} before, ${during.descriptors} with them, ${after.descriptors} after`,
  )
  drill.say('memory', `${before.memory} MiB before, ${during.memory} with them, ${after.memory} after`)
  drill.must(`none of ${sockets.length} is open after ${shown(milliseconds)}`, open === 0, `${open}`)
  const left = after.descriptors - before.descriptors
  drill.must('their descriptors are free', left < 10, `${left} more than before`)
  drill.mustBeServed(seen, 'bystander', MOST_WAIT)
  const stopped = await server.stop()
  drill.must(`SIGTERM ends it within ${shown(STOP_LIMIT)}`, stopped < STOP_LIMIT, shown(stopped))
  for (const socket of sockets) socket.destroy()
}

/** A letter a second, so that it is never idle. */
function slowly(text: (nth: number) => string) {
  return (socket: Socket) => {
    let nth = 0
    const timer = setInterval(() => void socket.write(text(nth++)), 1_000)
    socket.once('close', () => clearInterval(timer))
  }
}

const HEAD =
  'POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n'

/** Connections that are kept after a request, as many clients do. */
async function many(drill: Drill): Promise<void> {
  const server = await drill.start(await sections())
  const watch = await drill.watch(server.port, [bystanderOf(server)])
  const before = figuresOf(server.pid)
  const sockets = await openMany(MANY, server.port, addressOf)
  const answered = await Promise.all(sockets.map(asked))
  const during = figuresOf(server.pid)
  await delay(3_000)
  for (const socket of sockets) socket.destroy()
  await delay(2_000)
  const after = figuresOf(server.pid)
  const seen = await watch.stop()
  drill.reportSeen('meanwhile', seen)
  drill.say(
    'descriptors',
    `${before.descriptors} before, ${during.descriptors} with them, ${after.descriptors} after`,
  )
  drill.say('memory', `${before.memory} MiB before, ${during.memory} with them, ${after.memory} after`)
  const count = answered.filter(Boolean).length
  drill.must(`all ${MANY} connections are served`, count === MANY, `${count}`)
  drill.must(
    'their descriptors are free',
    after.descriptors - before.descriptors < 10,
    `${after.descriptors}`,
  )
  drill.mustBeServed(seen, 'bystander', MOST_WAIT)
}

/** @returns whether the connection had an answer */
function asked(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('data', () => resolve(true)).once('close', () => resolve(false))
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  })
}

/** More silent clients than the server may have descriptors: somebody else must get in once they are gone. */
async function fewDescriptors(drill: Drill): Promise<void> {
  const server = await drill.start(await sections(), { under: ['prlimit', `--nofile=${FEW}`] })
  const before = figuresOf(server.pid)
  const sockets = await openMany(SILENT, server.port, addressOf)
  const began = performance.now()
  const tries: Answer[] = []
  while (performance.now() - began < 20_000) {
    const patience = 1_000
    tries.push({
      ...(await ask({ ...login(server, 'other-0', bystanderAddress(1)), patience })),
      at: performance.now() - began,
    })
    await delay(250)
  }
  const after = figuresOf(server.pid)
  for (const socket of sockets) socket.destroy()
  drill.report(tries, new Map())
  drill.say('descriptors', `${before.descriptors} before, ${after.descriptors} after 20 s, of ${FEW}`)
  const late = tries.filter(({ at }) => at > GET_IN_AFTER)
  const failed = late.filter(({ status }) => status !== 200)
  drill.must(
    `others get in ${shown(GET_IN_AFTER)} after ${SILENT} silent clients came`,
    late.length > 0 && failed.length === 0 && longest(late) < MOST_WAIT,
    `${late.length - failed.length} of ${late.length}, ${timesOf(late)}`,
  )
}

/** A TLS listener has its own way to wait: for the handshake. */
async function silentTls(drill: Drill): Promise<void> {
  const { newPair } = await import('../../test/support/key-pairs.ts')
  const { certificate, key } = await newPair('P-256', { name: 'localhost' })
  const [tlsCertificate, tlsKey] = [`${drill.folder}/tls.crt`, `${drill.folder}/tls.key`]
  writeFileSync(tlsCertificate, certificate)
  writeFileSync(tlsKey, key)
  const server = await drill.start({
    ...(await sections()),
    server: { certificate: tlsCertificate, key: tlsKey },
  })
  const before = figuresOf(server.pid)
  const sockets = await openMany(20, server.port, addressOf)
  await delay(SILENT_FOR)
  const open = stillOpen(sockets)
  for (const socket of sockets) socket.destroy()
  await delay(500)
  const after = figuresOf(server.pid)
  drill.say('descriptors', `${before.descriptors} before, ${after.descriptors} after`)
  drill.must(`none of ${sockets.length} is open after ${shown(SILENT_FOR)}`, open === 0, `${open}`)
  drill.must('their descriptors are free', after.descriptors - before.descriptors < 3, `${after.descriptors}`)
  const stopped = await server.stop()
  drill.must(`SIGTERM ends it within ${shown(STOP_LIMIT)}`, stopped < STOP_LIMIT, shown(stopped))
}

const MANY = 5_000
const FEW = 200
const SILENT = 250
const GET_IN_AFTER = 12_000

export const CONNECTIONS: readonly Scenario[] = [
  {
    name: 'silent',
    about: '200 clients that connect and say nothing',
    run: (drill) => hold(drill, { connections: 200, milliseconds: SILENT_FOR }),
  },
  { name: 'silent-tls', about: '20 clients that connect to a TLS listener and say nothing', run: silentTls },
  {
    name: 'slow-headers',
    about: '200 clients that send a letter of their headers a second',
    run: (drill) =>
      hold(drill, {
        connections: 200,
        milliseconds: SILENT_FOR,
        each: slowly((nth) => (nth === 0 ? 'GET /auth HTTP/1.1\r\nHost: x\r\n' : `x`)),
      }),
  },
  {
    name: 'slow-body',
    about: '200 clients that send a letter of their form a second',
    run: (drill) =>
      hold(drill, {
        connections: 200,
        milliseconds: BODY_FOR,
        each: slowly((nth) => (nth === 0 ? HEAD : 'x')),
      }),
  },
  { name: 'many-connections', about: `${MANY} connections that are kept after a request`, run: many },
  {
    name: 'few-descriptors',
    about: `${SILENT} clients that say nothing, with ${FEW} descriptors`,
    run: fewDescriptors,
  },
]
