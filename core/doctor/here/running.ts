// The server that runs on the state directory: is it there, with this file, and does it answer where it should listen?
import { readFile, realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import { askServer, NoServer } from '../../server/control-client.ts'
import { type ServerStatus, STATUS } from '../../server/reload-verb.ts'
import { type Ask, NoAnswer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import type { User } from './modes.ts'

/** A server that runs; one of another version may say less. */
export interface Running extends Partial<ServerStatus> {
  readonly pid: number
  readonly user?: User | undefined
  /** Soft limit of open files. */
  readonly descriptors?: number | undefined
}

const PATIENCE_MS = 10_000
/** Times of file systems are not exact. */
const MARGIN_MS = 1_000

/** Asks through the control socket. @returns undefined when none runs; a text when it can't be asked */
export async function findRunning(stateDir: string): Promise<Running | string | undefined> {
  try {
    const said = (await askServer(stateDir, STATUS, {}, PATIENCE_MS)) as Running
    const [status, limits] = await Promise.all(
      ['status', 'limits'].map((name) => readFile(`/proc/${said.pid}/${name}`, 'utf8').catch(() => '')),
    )
    const soft = /^Max open files +(\d+)/m.exec(limits!)?.[1]
    return { ...said, user: userIn(status!), descriptors: soft === undefined ? undefined : Number(soft) }
  } catch (error) {
    return error instanceof NoServer ? undefined : (error as Error).message
  }
}

function userIn(status: string): User | undefined {
  const numbers = (name: string) =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/).filter(Boolean).map(Number)
  const [uid, gid] = [numbers('Uid')?.[1], numbers('Gid')?.[1]]
  return uid === undefined || gid === undefined
    ? undefined
    : { uid, groups: [gid, ...(numbers('Groups') ?? [])] }
}

/** Tells of it, and whether the file was changed behind its back. */
export async function judgeRunning(found: Running | string | undefined, config: Config): Promise<Finding[]> {
  const { file, stateDir } = config
  if (typeof found === 'string') {
    return [
      warning(
        'running',
        found,
        'what the running server knows can not be asked',
        'run the doctor as the user of the server',
      ),
    ]
  }
  if (!found) {
    return [
      warning(
        'running',
        `no server runs here on ${stateDir}`,
        'registries send their clients to a server that is not there, or it runs on another machine or with another state directory',
        `start it (dockwarden serve ${file}); with DOCKWARDEN_STATE_DIR as for the server, where it has one`,
      ),
    ]
  }
  const { pid, since = Number.POSITIVE_INFINITY, last, file: running = file } = found
  if (last === 'refused') {
    return [
      warning(
        'running',
        `the server (process ${pid}) has refused its last reload: it runs with what was before`,
        'what stands in the file now is not in force',
        'dockwarden reload says why; mend that, and reload again',
      ),
    ]
  }
  if (!(await isSame(running, file))) {
    return [
      warning(
        'running',
        `the server (process ${pid}) on ${stateDir} runs with ${running}`,
        `what was found here is of ${file}`,
        'name the file that it runs with, or give the two different state directories',
      ),
    ]
  }
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }))
  if (mtimeMs > since + MARGIN_MS) {
    return [
      warning(
        'running',
        `${file} was changed at ${new Date(mtimeMs).toISOString()}, after the server (process ${pid}) has read it`,
        'what stands in it now is not in force',
        'dockwarden reload, or restart the server',
      ),
    ]
  }
  return [ok('running', `the server runs (process ${found.pid})`)]
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => realpath(path).catch(() => resolve(path))))
  return a === b
}

/** Asks the server wherever the file says that it listens. */
export async function judgeListening({ plans, prefix }: Ours, ask: Ask): Promise<Finding[]> {
  const urls = plans.flatMap(({ listen, tls, proxies }) => {
    // Where the PROXY protocol is spoken, we are nobody.
    if ('socket' in listen || listen.port === 0 || proxies) return []
    const host =
      listen.host === undefined || /^(0\.0\.0\.0|::)$/.test(listen.host) ? 'localhost' : listen.host
    const authority = `${host.includes(':') ? `[${host}]` : host}:${listen.port}`
    return [new URL(`${tls ? 'https' : 'http'}://${authority}${prefix}/healthz`)]
  })
  return (await Promise.all(urls.map((url) => judgeAddress(url, ask)))).flat()
}

async function judgeAddress(url: URL, ask: Ask): Promise<Finding[]> {
  const why = 'registries send their clients to it'
  try {
    const { status, took, json } = await ask(url)
    if (status === 200 && (json as { status?: unknown } | undefined)?.status === 'ok')
      return [ok('listening', `${url.href} answers (${Math.round(took)} ms)`)]
    return [
      wrong(
        'listening',
        `${url.href} answers ${status}: it is another server, or another configuration`,
        why,
        'stop the other one, restart this one, or change server.listen',
      ),
    ]
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    return [
      wrong(
        'listening',
        `${url.href} does not answer (${error.code})`,
        why,
        'restart the server; its log says on what it listens',
      ),
    ]
  }
}
