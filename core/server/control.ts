// The control socket: the one way for commands to a running server. In the state directory, for its owner alone; a JSON line
// comes in ({"verb", "args"}), one goes out ({"result"} or {"error"}), and the connection is over.
//
// Several servers may share a state directory. One of them has the socket; another takes it over when that has gone.
import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { osReason } from '../kit/os-errors.ts'
import { makeStateFolder } from '../kit/state.ts'
import type { Log } from '../plugin.ts'
import { askServer, NoServer } from './control-client.ts'
import { bySocketPath, CONTROL_SOCKET } from './control-socket.ts'

/** What commands can ask for: takes and gives what JSON can hold; what it throws is the command's answer. */
export type Verbs = Readonly<Record<string, (args: unknown) => Promise<unknown>>>

/** A control socket that is open, or waits until another server gives up its own. */
export interface Control {
  close(): Promise<void>
}

/** How often it is looked whether the socket is still there, or has become free, in milliseconds. */
const LOOK_INTERVAL = 5_000
const PROBE_MS = 1_000
const MAX_QUESTION = 64 * 1024
/** Until a command has said what it wants, and until it has taken the answer, in milliseconds. */
const PATIENCE_MS = 5_000
const MAX_CONNECTIONS = 16

/**
 * Opens the control socket of a state directory. A server works without it too: why there is none is logged, once.
 *
 * @param folder the state directory
 * @param interval how often it is looked at, in milliseconds
 * @example const control = await openControl(config.stateDir, { 'guard.list': () => guard.list() }, log)
 */
export async function openControl(
  folder: string,
  verbs: Verbs,
  log: Log,
  interval = LOOK_INTERVAL,
): Promise<Control> {
  const known: Verbs = { status: async () => ({ pid: process.pid }), ...verbs }
  let own: Own | undefined
  let said: string | undefined
  let looking: Promise<void> | undefined

  const look = async () => {
    try {
      if (own && (await own.isThere())) return
      await own?.close()
      own = undefined
      own = await take(folder, (socket) => answer(socket, known, log))
      if (said !== undefined) log.info({}, 'the control socket is open now')
      said = undefined
    } catch (error) {
      const reason = osReason(error)
      if (reason !== said) log.info({}, `there is no ${join(folder, CONTROL_SOCKET)}: ${reason}`)
      said = reason
    }
  }
  await look()
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined
    })
  }, interval).unref()
  return {
    async close() {
      clearInterval(timer)
      await looking
      await own?.close()
    },
  }
}

/** The socket of this server. */
interface Own {
  /** Whether commands still find it: somebody may have removed it. */
  isThere(): Promise<boolean>
  close(): Promise<void>
}

/** @throws Error while another server has it, or when it can't be made */
async function take(folder: string, serve: (socket: Socket) => void): Promise<Own> {
  const path = join(folder, CONTROL_SOCKET)
  await assertFree(folder)
  await makeStateFolder(folder, CONTROL_SOCKET)
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(socket)
  })
  server.maxConnections = MAX_CONNECTIONS
  const ino = await place(server, folder)
  const isThere = async () => (await lstat(path).catch(() => undefined))?.ino === ino
  return {
    isThere,
    async close() {
      if (await isThere()) await rm(path, { force: true })
      const closed = new Promise<void>((done) => void server.close(() => done()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/**
 * Lets the server listen at the socket's path. First in a folder that only its owner can enter: nobody else reaches it before
 * it has its mode, and what Node removes at the end is that name, never the socket of whoever has come next.
 *
 * @returns the inode of the socket
 */
async function place(server: Server, folder: string): Promise<number> {
  const apart = await mkdtemp(join(folder, '.control-'))
  const draft = join(apart, CONTROL_SOCKET)
  try {
    await bySocketPath(apart, CONTROL_SOCKET, (short) => listening(server, short))
    await chmod(draft, 0o600)
    const { ino } = await lstat(draft)
    await rename(draft, join(folder, CONTROL_SOCKET))
    return ino
  } catch (error) {
    server.close()
    throw error
  } finally {
    await rm(apart, { recursive: true, force: true })
  }
}

/** What a killed server left behind is free. */
async function assertFree(folder: string): Promise<void> {
  const found = await lstat(join(folder, CONTROL_SOCKET)).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) throw new Error(`${join(folder, CONTROL_SOCKET)} is no socket; move it away`)
  let pid: unknown
  try {
    pid = ((await askServer(folder, 'status', {}, PROBE_MS)) as { pid?: unknown })?.pid
  } catch (error) {
    if (error instanceof NoServer) return
  }
  throw new Error(
    `another server has it${typeof pid === 'number' ? ` (process ${pid})` : ''}; commands reach that one`,
  )
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, () => {
      server.off('error', reject).unref()
      resolve()
    })
  })
}

/** Takes one question of a command and answers it. A command that takes its time, or has gone, is let go. */
function answer(socket: Socket, verbs: Verbs, log: Log): void {
  let question = ''
  let asked = false
  const take = (text: string) => {
    if (asked) return
    question += text
    if (question.length > MAX_QUESTION) return void socket.destroy()
    asked = question.includes('\n')
    if (!asked) return
    socket.setTimeout(0)
    void run(question, verbs, log).then((result) => {
      socket.setTimeout(PATIENCE_MS)
      socket.end(`${JSON.stringify(result)}\n`)
    })
  }
  socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', take).once('end', () => take('\n'))
}

async function run(question: string, verbs: Verbs, log: Log): Promise<object> {
  try {
    const { verb, args } = JSON.parse(question) as { verb?: unknown; args?: unknown }
    const known = typeof verb === 'string' && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
    if (!known)
      throw new Error(`this server does not know ${JSON.stringify(verb)}; it may be another version`)
    return { result: (await known(args)) ?? null }
  } catch (error) {
    log.warn({ err: error }, 'a command failed')
    return { error: (error as Error).message }
  }
}
