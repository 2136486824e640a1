// What a registry's own configuration says: of a file that was named, or of the registry that runs on this machine.

import { lookup } from 'node:dns/promises'
import { readFile, stat } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { osReason } from '../../kit/os-errors.ts'
import { commandOf, environmentOf, listenerOn, startOf } from '../processes.ts'
import { addressOf, hostOf } from './names.ts'

/** How a registry recognises tokens. */
export interface RegistrySettings {
  /** The configuration's file, as its registry names it. */
  readonly file: string
  readonly issuer?: string
  /** The certificates that it trusts. */
  readonly bundle?: Bundle
  /** The key set that it trusts (Distribution 3). */
  readonly jwks?: Bundle
  /** Distribution, or zot, which has `http.auth.bearer`. */
  readonly kind: 'distribution' | 'zot'
  /** When the file was changed, in milliseconds since the epoch. */
  readonly changed?: number
  /** When the registry was started, in milliseconds since the epoch. */
  readonly started?: number
}

/** A file that the registry reads at its start. */
export interface Bundle {
  readonly file: string
  /** Undefined when it can't be read. */
  readonly text?: string
  /** Milliseconds since the epoch. */
  readonly changed?: number
}

/** Reads a file that was named. @throws Error when it can't be read, or is no registry's */
export async function readSettings(file: string): Promise<RegistrySettings> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`--registry-config ${file} cannot be read: ${osReason(error)}`)
  }
  const found = await settingsIn(text, file, (path) => resolve(dirname(file), path), new Map()).catch(
    (error: Error) => {
      throw new Error(`--registry-config ${file} is no YAML: ${error.message.split('\n')[0]}`)
    },
  )
  if (!found)
    throw new Error(
      `--registry-config ${file} has neither auth.token (Distribution) nor http.auth.bearer (zot)`,
    )
  return found
}

/** What the registry behind a URL was started with, when it runs on this machine and may be looked at. */
export async function settingsOfProcess(url: URL): Promise<RegistrySettings | undefined> {
  if (!(await isHere(url))) return undefined
  const pid = await listenerOn(Number(addressOf(url).split(':').at(-1)))
  if (pid === undefined) return undefined
  const [command, environment, started] = await Promise.all([
    commandOf(pid),
    environmentOf(pid),
    startOf(pid),
  ])
  const file =
    command.find((word) => /\.(ya?ml|json)$/.test(word)) ?? environment.get('REGISTRY_CONFIGURATION_PATH')
  if (file === undefined) return undefined
  // Also in a container, which has other files at the same paths.
  const inside = (path: string) =>
    isAbsolute(path) ? `/proc/${pid}/root${path}` : join(`/proc/${pid}/cwd`, path)
  try {
    const found = await settingsIn(await readFile(inside(file), 'utf8'), file, inside, environment)
    const changed = await changeOf(inside(file))
    return found && { ...found, changed, ...(started !== undefined && { started }) }
  } catch {
    return undefined
  }
}

async function isHere(url: URL): Promise<boolean> {
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? [])
  const found = await lookup(hostOf(url), { all: true }).catch(() => [])
  return found.some(({ address }) => own.includes(address))
}

type Tree = Readonly<Record<string, unknown>>

/** Variables that take the place of what stands in the file. @see https://distribution.github.io/distribution/about/configuration/ */
const VARIABLE = 'REGISTRY_AUTH_TOKEN_'

async function settingsIn(
  text: string,
  file: string,
  at: (path: string) => string,
  environment: ReadonlyMap<string, string>,
): Promise<RegistrySettings | undefined> {
  const tree = treeOf(parse(text))
  const token = treeOf(treeOf(tree.auth).token)
  const bearer = treeOf(treeOf(treeOf(tree.http).auth).bearer)
  const isZot = Object.keys(bearer).length > 0
  const given = isZot ? bearer : token
  const isSet = ['realm', 'autoredirect', 'issuer'].some((name) => given[name] !== undefined)
  if (!isSet) return undefined
  const textOf = (name: string) => {
    const value = (isZot ? undefined : environment.get(VARIABLE + name.toUpperCase())) ?? given[name]
    return typeof value === 'string' ? value : undefined
  }
  const fileOf = async (name: string) => {
    const path = textOf(name)
    return path === undefined ? undefined : await bundleAt(path, at(path))
  }
  const issuer = textOf('issuer')
  const bundle = await fileOf(isZot ? 'cert' : 'rootcertbundle')
  const jwks = await fileOf('jwks')
  return {
    file,
    kind: isZot ? 'zot' : 'distribution',
    ...(issuer !== undefined && { issuer }),
    ...(bundle && { bundle }),
    ...(jwks && { jwks }),
  }
}

function treeOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null ? (value as Tree) : {}
}

async function bundleAt(file: string, path: string): Promise<Bundle> {
  try {
    const [text, changed] = await Promise.all([readFile(path, 'utf8'), changeOf(path)])
    return { file, text, changed }
  } catch {
    return { file }
  }
}

/** Also of a file that was put there with the time of another one. */
async function changeOf(path: string): Promise<number> {
  const { mtimeMs, ctimeMs } = await stat(path)
  return Math.max(mtimeMs, ctimeMs)
}
