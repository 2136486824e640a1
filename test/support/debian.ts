// Programs of Debian that tests run against: found, or installed where that is possible, or else the suite is skipped.
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const INSTALL_TIMEOUT = 300_000
// Services' programs are there, which a plain user's PATH may lack.
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']
/** Debian keeps a folder for each version of PostgreSQL. */
const POSTGRES_FOLDER = '/usr/lib/postgresql'
/** Programs whose package has another name. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['postgres', 'postgresql'],
  ['mariadbd', 'mariadb-server'],
  ['systemd-analyze', 'systemd'],
  ['promtool', 'prometheus'],
  ['script', 'bsdutils'],
])

/**
 * Declares, inside a suite, which programs it needs. Before the suite, those that are missing are installed when this
 * is Debian and we are root. When they stay missing the suite is skipped, with the reason on stderr, or fails when
 * DOCKWARDEN_REQUIRE_SERVICES=1.
 *
 * @param programs names of programs, in the Debian package of the same name or of the one in PACKAGES
 * @example
 * describe('with a real registry', () => {
 *   needs('docker-registry', 'skopeo')
 *   it('accepts a push', async () => { ... })
 * })
 */
export function needs(...programs: string[]): void {
  before(`needs ${programs.join(', ')}`, async function () {
    this.timeout(INSTALL_TIMEOUT)
    const reason = await provide(programs)
    if (reason === undefined) return
    if (process.env.DOCKWARDEN_REQUIRE_SERVICES === '1') throw new Error(reason)
    process.stderr.write(`skipped: ${this.test?.parent?.fullTitle()}: ${reason}\n`)
    this.skip()
  })
}

/** The path of a program that `needs` has provided; undefined when it is not there. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS, ...postgresFolders()]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** The newest version first. */
function postgresFolders(): string[] {
  if (!existsSync(POSTGRES_FOLDER)) return []
  const versions = readdirSync(POSTGRES_FOLDER).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(POSTGRES_FOLDER, version, 'bin'))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Installs what is missing; returns why that did not work. */
async function provide(programs: readonly string[]): Promise<string | undefined> {
  const missing = programs.filter((name) => !findProgram(name))
  if (missing.length === 0) return undefined
  const names = missing.join(', ')
  if (!existsSync('/etc/debian_version')) return `${names} not found, and this is not Debian`
  const packages = missing.map((name) => PACKAGES.get(name) ?? name)
  if (process.getuid?.() !== 0)
    return `${names} not found; "apt-get install ${packages.join(' ')}" needs root`
  try {
    await install(packages)
  } catch (error) {
    return `${names} not found, and apt-get could not install it: ${(error as Error).message}`
  }
  const still = missing.filter((name) => !findProgram(name))
  return still.length === 0 ? undefined : `the Debian package has no program ${still.join(', ')}`
}

async function install(packages: readonly string[]): Promise<void> {
  const allowServices = forbidServices()
  try {
    // An update that fails (a mirror is away) matters only when the package lists are too old or absent.
    await apt('update').catch(() => {})
    await apt('install', '--yes', '--no-install-recommends', ...packages)
  } finally {
    allowServices()
  }
}

async function apt(...args: string[]): Promise<void> {
  const patient = [
    '-o',
    'DPkg::Lock::Timeout=120',
    '-o',
    'Acquire::Retries=2',
    '-o',
    'Acquire::http::Timeout=20',
  ]
  await run('apt-get', ['-qq', ...patient, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: INSTALL_TIMEOUT / 2,
  })
}

/**
 * Keeps Debian's packages from starting the services that they bring; returns the way back.
 *
 * @see https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 */
function forbidServices(): () => void {
  const policy = '/usr/sbin/policy-rc.d'
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
  } catch (error) {
    // The machine has a policy of its own (in container images: to start nothing).
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return () => {}
    throw error
  }
  const remove = () => rmSync(policy, { force: true })
  process.once('exit', remove)
  return () => {
    process.off('exit', remove)
    remove()
  }
}
