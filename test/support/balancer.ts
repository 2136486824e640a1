// A real nginx or HAProxy before a server, with a configuration from docs/proxies.md.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from './debian.ts'
import { freePort } from './free-port.ts'
import { until } from './processes.ts'

const DOCS = new URL('../../docs/proxies.md', import.meta.url)
/** Where Debian has what nginx loads. */
const STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so'

export interface Balancer extends AsyncDisposable {
  /** Where clients come in. */
  readonly port: number
  /** What HAProxy's last check of the server has found, such as L7OK. */
  checked(): Promise<string>
}

/**
 * Starts one.
 *
 * @param name the first line of its configuration in the documentation, a comment
 * @param port of the server behind it
 * @param change changes what stands there
 * @example await using balancer = await startBalancer('nginx-http.conf', server.port)
 */
export async function startBalancer(
  name: string,
  port: number,
  change: (text: string) => string = (text) => text,
): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-balancer-'))
  const front = await freePort()
  const text = change(snippet(name)).replaceAll(':8443', `:${front}`).replaceAll(':5001', `:${port}`)
  const file = join(folder, name)
  const admin = join(folder, 'admin.sock')
  const isNginx = name.startsWith('nginx')
  writeFileSync(file, isNginx ? forNginx(text, folder) : forHaproxy(text, admin))
  const program = findProgram(isNginx ? 'nginx' : 'haproxy')!
  const args = isNginx ? ['-p', folder, '-c', file] : ['-db', '-f', file]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${name}: ${Buffer.concat(said)}`)
      return await answers(front)
    })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    port: front,
    // Its socket may come a moment after its port.
    checked: async () => column(await ask(admin, 'show stat\n').catch(() => ''), 'check_status'),
    [Symbol.asyncDispose]: stop,
  }
}

/** Whether this nginx can pass on connections. */
export function hasStream(): boolean {
  return existsSync(STREAM)
}

function snippet(name: string): string {
  const blocks = readFileSync(DOCS, 'utf8').matchAll(/```\w+\n# (\S+)\n(.*?)```/gs)
  for (const [, title, text] of blocks) if (title === name) return text!
  throw new Error(`docs/proxies.md has no ${name}`)
}

function forNginx(text: string, folder: string): string {
  const load = text.includes('stream {') ? `load_module ${STREAM};\n` : ''
  return `${load}daemon off;\npid ${folder}/nginx.pid;\nerror_log stderr;\n${text}`
}

function forHaproxy(text: string, admin: string): string {
  return `global\n  stats socket ${admin} level admin\n${text}`
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1', () => {
      probe.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })
}

async function ask(socket: string, question: string): Promise<string> {
  const connection = connect(socket)
  connection.end(question)
  return (await connection.setEncoding('utf8').toArray()).join('')
}

/** Of the line of the server. */
function column(csv: string, name: string): string {
  const [head = '', ...lines] = csv.trim().split('\n')
  const at = head.replace('# ', '').split(',').indexOf(name)
  return lines.find((line) => line.split(',')[1] === 'one')?.split(',')[at] ?? ''
}
