// Asks a running server something, through the control socket of its state directory: one JSON line there, one back.
import { connect } from 'node:net'
import { join } from 'node:path'
import { bySocketPath, CONTROL_SOCKET } from './control-socket.ts'

/** Nothing that is asked takes as long. */
const PATIENCE_MS = 60_000
const MAX_ANSWER = 64 * 1024 * 1024

/** No server has the socket. */
export class NoServer extends Error {
  override readonly name = 'NoServer'
}

/**
 * Asks the server that runs on a state directory.
 *
 * @param verb what it is to do, such as `guard.list`
 * @param args as JSON
 * @returns what it answers, as JSON
 * @throws NoServer when none runs there; Error with its words when it can't do that, or none when it gives no answer
 */
export async function askServer(
  folder: string,
  verb: string,
  args: object = {},
  patience = PATIENCE_MS,
): Promise<unknown> {
  const path = join(folder, CONTROL_SOCKET)
  let text: string
  try {
    text = await bySocketPath(folder, CONTROL_SOCKET, (short) =>
      exchange(short, `${JSON.stringify({ verb, args })}\n`, patience),
    )
  } catch (error) {
    throw explained(path, error as NodeJS.ErrnoException)
  }
  const answer = parsed(text)
  if (answer === undefined) throw new Error(`the server at ${path} gave no answer; its log may say why`)
  if (answer.error !== undefined) throw new Error(String(answer.error))
  return answer.result
}

function explained(path: string, error: NodeJS.ErrnoException): Error {
  const { code } = error
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') {
    return new NoServer(
      `no server answers at ${path}; start one, or name its configuration with --config (DOCKWARDEN_STATE_DIR must be as for the server)`,
      { cause: error },
    )
  }
  const why = code === 'EACCES' ? 'permission denied; run this as the user of the server' : error.message
  return new Error(`the server at ${path} cannot be asked: ${why}`, { cause: error })
}

function parsed(text: string): { result?: unknown; error?: unknown } | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function exchange(path: string, question: string, patience: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(path, () => socket.write(question))
    const late = setTimeout(() => fail(new Error(`no answer within ${patience / 1000} s`)), patience)
    const fail = (error: Error) => {
      clearTimeout(late)
      socket.destroy()
      reject(error)
    }
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
      if (answer.length > MAX_ANSWER) fail(new Error('its answer has no end'))
    })
    socket.on('error', fail)
    socket.on('close', () => {
      clearTimeout(late)
      resolve(answer)
    })
  })
}
