// containerd and ctr, the real ones, with all of their state in a folder of their own. No container runs.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findProgram } from './debian.ts'
import type { SkopeoResult } from './skopeo.ts'

/** A running containerd. */
export interface ContainerdProcess {
  /** Runs `ctr`. */
  ctr(...args: string[]): Promise<SkopeoResult>
  stop(): Promise<void>
}

/** What would look for devices, file systems or a network. */
const DISABLED = ['cri', 'btrfs', 'zfs', 'devmapper', 'aufs', 'overlayfs']

/**
 * Starts containerd and waits until it serves. The suite must say `needs('containerd')`.
 *
 * @param home where it keeps its files
 * @throws Error with its own words when it does not start
 */
export async function startContainerd(home: string): Promise<ContainerdProcess> {
  mkdirSync(home, { recursive: true })
  const socket = join(home, 'containerd.sock')
  const config = join(home, 'config.toml')
  writeFileSync(config, configuration(home, socket))
  const child = spawn(findProgram('containerd') ?? 'containerd', ['--config', config], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // An interrupted test run must not leave it behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  await serving(child)
  return {
    ctr: (...args) =>
      new Promise((resolve) => {
        execFile(findProgram('ctr') ?? 'ctr', ['--address', socket, ...args], (error, stdout, stderr) => {
          resolve({
            status: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
            output: stdout + stderr,
          })
        })
      }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'close')
      child.kill('SIGTERM')
      await closed
    },
  }
}

function configuration(home: string, socket: string): string {
  const plugins = DISABLED.map((name) =>
    name === 'cri' ? 'io.containerd.grpc.v1.cri' : `io.containerd.snapshotter.v1.${name}`,
  )
  return [
    'version = 2',
    `root = ${JSON.stringify(join(home, 'root'))}`,
    `state = ${JSON.stringify(join(home, 'state'))}`,
    `disabled_plugins = ${JSON.stringify(plugins)}`,
    `[grpc]\naddress = ${JSON.stringify(socket)}`,
    `[ttrpc]\naddress = ${JSON.stringify(`${socket}.ttrpc`)}`,
    `[plugins."io.containerd.internal.v1.opt"]\npath = ${JSON.stringify(join(home, 'opt'))}`,
    '',
  ].join('\n')
}

/** Waits for the line of the log that says that it is up. */
async function serving(child: ChildProcess): Promise<void> {
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => reject(new Error(`containerd did not start:\n${lines.join('\n')}`)))
    // Read to the end: a full pipe would stop it.
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (line.includes('containerd successfully booted')) resolve()
      else if (lines.length < 50) lines.push(line)
    })
  })
}
