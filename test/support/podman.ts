// podman, the real client, with its images and all of its state in a folder of its own. No engine runs, and no container.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { findProgram } from './debian.ts'
import type { SkopeoResult } from './skopeo.ts'

/**
 * Makes a way to run podman. The suite must say `needs('podman')`.
 *
 * @param home where it keeps its files; relative paths start there
 */
export function podmanIn(home: string): (...args: string[]) => Promise<SkopeoResult> {
  // It wants the first to be there, and locks in shared memory without the second.
  writeFileSync(`${home}/auth.json`, '{}')
  writeFileSync(`${home}/containers.conf`, '[engine]\nlock_type = "file"\n')
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    XDG_RUNTIME_DIR: home,
    REGISTRY_AUTH_FILE: `${home}/auth.json`,
    CONTAINERS_CONF: `${home}/containers.conf`,
  }
  const own = [
    ...['--root', `${home}/storage`, '--runroot', `${home}/run`, '--tmpdir', `${home}/tmp`],
    ...['--volumepath', `${home}/volumes`, '--network-config-dir', `${home}/networks`],
    // What needs no mounts, no systemd and no journal.
    ...['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
  ]
  return (...args) =>
    new Promise((resolve) => {
      execFile(
        findProgram('podman') ?? 'podman',
        [...own, ...args],
        { env, cwd: home },
        (error, stdout, stderr) => {
          resolve({
            status: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
            output: stdout + stderr,
          })
        },
      )
    })
}
