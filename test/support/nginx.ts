// A real proxy for tests: Debian's nginx on a loopback port.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from './debian.ts'
import { freePort } from './free-port.ts'
import type { TestPair } from './key-pairs.ts'

export interface Nginx {
  readonly port: number
  /** `https://localhost:PORT` with a certificate, else `http://localhost:PORT`. */
  readonly origin: string
  stop(): Promise<void>
}

/**
 * Starts it and waits until it listens. The suite must say `needs('nginx')`.
 *
 * @param locations what stands in its `server` block
 * @param tls its certificate; left out = plain HTTP
 * @throws Error with its own words when it does not start
 * @example await startNginx('location / { proxy_pass http://127.0.0.1:5001; }')
 */
export async function startNginx(locations: string, tls?: TestPair): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-nginx-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const secure = tls ? `ssl_certificate ${folder}/tls.crt; ssl_certificate_key ${folder}/tls.key;` : ''
  writeFileSync(join(folder, 'tls.crt'), tls?.certificate ?? '')
  writeFileSync(join(folder, 'tls.key'), tls?.key ?? '', { mode: 0o600 })
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;
events {}
http {
  access_log off;
  ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
    ${secure}
    ${locations}
  }
}
`,
  )
  const program = findProgram('nginx') ?? 'nginx'
  const child = spawn(program, ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const closed = once(child, 'close').finally(() => process.off('exit', kill))
  const stop = async () => {
    child.kill('SIGTERM')
    await closed
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await accepting(child, port)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, origin: `${tls ? 'https' : 'http'}://localhost:${port}`, stop }
}

async function accepting(child: ChildProcess, port: number): Promise<void> {
  let words = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (words.length < 4_000) words += text
  })
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    await delay(10)
  }
  throw new Error(`nginx did not start:\n${words}`)
}
