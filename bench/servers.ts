// Servers under measurement, each in a process of its own: Dockwarden as it is built, or another one that a command starts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BASIC, PASSWORD } from './files.ts'
import type { Measured } from './process.ts'

const MAIN = fileURLToPath(new URL('../dist/core/main.js', import.meta.url))
const START_TIMEOUT = 60_000
/** Between two attempts to get a first token. */
const PAUSE = 2
const LAST_WORDS = 2_000

/** A program and its arguments. */
export type Command = readonly [string, ...string[]]

/** The built server. */
export function ownCommand(...args: readonly string[]): Command {
  return [process.execPath, MAIN, ...args]
}

/**
 * Another server: a command for the shell.
 *
 * @param text `{config}` in it is the configuration's path, `{address}` host and port; without `{config}` the path comes last
 * @example otherCommand('docker_auth -v=0 {config}', '/tmp/a.yml', '127.0.0.1:5001') // exec docker_auth -v=0 '/tmp/a.yml'
 */
export function otherCommand(text: string, file: string, address: string): Command {
  const whole = text.includes('{config}') ? text : `${text} {config}`
  const filled = whole.replaceAll('{config}', quoted(file)).replaceAll('{address}', quoted(address))
  return ['/bin/sh', '-c', `exec ${filled}`]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * Starts a server and waits for its first token.
 *
 * @param path of a request that is answered with a token
 * @param stateDir where Dockwarden keeps what it makes: each server has its own
 * @returns it, and the milliseconds from its start to that token
 * @throws Error with its last words when it ends before, or takes too long
 */
export async function startServer(
  [program, ...args]: Command,
  address: string,
  path: string,
  stateDir: string,
): Promise<Measured & { readonly firstToken: number }> {
  const began = performance.now()
  const env = { ...process.env, BENCH_PASSWORD: PASSWORD, DOCKWARDEN_STATE_DIR: stateDir }
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  let words = ''
  let started = false
  // Read to the end: a full pipe would hold the server up.
  child.stderr.on('data', (text: Buffer) => {
    if (!started) words = (words + text).slice(-LAST_WORDS)
  })
  const url = `http://${address}`
  while (performance.now() - began < START_TIMEOUT) {
    const status = await statusOf(url + path)
    if (status === 200) {
      started = true
      return { child, url, firstToken: performance.now() - began }
    }
    if (status !== undefined) words += `${url}${path} is answered with ${status}`
    if (status !== undefined || child.exitCode !== null || child.signalCode !== null) break
    await delay(PAUSE)
  }
  kill()
  throw new Error(`${[program, ...args].join(' ')} did not start:\n${words}`)
}

/** @returns undefined while nobody answers */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request(url, { headers: BASIC, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    })
    asked.once('error', () => resolve(undefined)).end()
  })
}

/** Stops a process that was started here. */
export async function stop({ child }: Measured): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
