// Dockwarden under measurement: the whole server in its own process, audit log on, a static user with a cheap secret.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Measured } from './process.ts'
import { signingKey } from './signature.ts'

const MAIN = fileURLToPath(new URL('../dist/core/main.js', import.meta.url))
const ACCOUNT = 'bench'
export const PASSWORD = createHash('sha256').update('bench').digest('hex').slice(0, 16)

/** The headers of a login as the benchmark's user. */
export const BASIC = {
  authorization: `Basic ${Buffer.from(`${ACCOUNT}:${PASSWORD}`).toString('base64')}`,
}

/** The headers of a client that comes with a refresh token of the benchmark's user, which the server hands out. */
export async function refreshHeaders(url: string): Promise<Record<string, string>> {
  const answer = await fetch(`${url}/auth?service=bench&offline_token=true`, { headers: BASIC })
  const { refresh_token: token } = (await answer.json()) as { refresh_token: string }
  return { authorization: `Basic ${Buffer.from(`<token>:${token}`).toString('base64')}` }
}

/** Rules of which only the last fits: `count - 1` that name an account or a namespace literally, then one for the user. */
export function literalRules(count: number): object[] {
  const others = Array.from({ length: count - 1 }, (_, index) =>
    index % 2 === 0
      ? { match: { account: `user-${index}` }, actions: ['*'] }
      : { match: { name: `team-${index}/*` }, actions: ['pull'] },
  )
  return [...others, { match: { account: ACCOUNT }, actions: ['pull', 'push'] }]
}

/** The same in anchored regular expressions. */
export function anchoredRules(count: number): object[] {
  const others = Array.from({ length: count - 1 }, (_, index) =>
    index % 2 === 0
      ? { match: { account: `/^user-${index}$/` }, actions: ['*'] }
      : { match: { name: `/^team-${index}\\/.*/` }, actions: ['pull'] },
  )
  return [...others, { match: { account: `/^${ACCOUNT}$/` }, actions: ['pull', 'push'] }]
}

/** Twenty rules as people write them: literals, globs, regular expressions, variables, labels, networks. */
export function typicalRules(): object[] {
  return [
    { match: { ip: '10.1.0.0/16' }, actions: ['*'] },
    { match: { account: 'admin' }, actions: ['*'] },
    { match: { account: '/^ci-.*$/', name: 'build/*' }, actions: ['*'] },
    { match: { labels: { group: 'VIP' } }, actions: ['push'] },
    { match: { labels: { group: '/trainee|dev/' } }, actions: ['pull'] },
    { match: { name: '${labels:group}/*' }, actions: ['push', 'pull'] },
    { match: { type: 'registry', name: 'catalog' }, actions: ['*'] },
    { match: { account: '/^(.+)@example\\.com$/', name: '${account:1}/*' }, actions: ['*'] },
    ...Array.from({ length: 10 }, (_, index) => ({
      match: { name: `project-${index}/*` },
      actions: ['pull'],
    })),
    { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] },
    { match: { account: '/.+/' }, actions: ['pull'] },
  ]
}

/**
 * Writes a configuration and its key into a folder.
 *
 * @param stored what stands in it of the user's password
 * @param reuse how long a token is handed out again
 * @param listen `PORT` in it is replaced at the start
 * @returns the configuration's path
 */
export function writeConfig(
  folder: string,
  name: string,
  key: 'rsa' | 'ec',
  rules: readonly object[],
  { stored = '!env BENCH_PASSWORD', reuse = '0', listen = '127.0.0.1:PORT' } = {},
): string {
  const file = join(folder, `${name}.yml`)
  const pem = signingKey(key).export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(folder, `${name}.pem`), pem)
  const authorizers = JSON.stringify([{ plugin: 'acl', options: { rules } }])
  writeFileSync(
    file,
    `server: { listen: "${listen}" }
token: { keys: [{ key: ${name}.pem }], reuse: ${reuse} }
authenticators: [{ plugin: static, options: { users: { ${ACCOUNT}: { password: ${stored} } } } }]
authorizers: ${authorizers}
`,
  )
  return file
}

/** Starts the built server on a free port. @returns it, and the milliseconds from start to its first token */
export async function startDockwarden(
  text: string,
  file: string,
): Promise<Measured & { firstToken: number }> {
  const port = await freePort()
  writeFileSync(file, text.replace('PORT', String(port)))
  const env = { ...process.env, BENCH_PASSWORD: PASSWORD }
  const began = performance.now()
  const child = spawn(process.execPath, [MAIN, 'serve', file], { env, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/auth?service=bench`, { headers: BASIC }).catch(() => undefined)
    if (answer?.ok) return { child, url, firstToken: performance.now() - began }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('Dockwarden did not start; run npm run build first')
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
