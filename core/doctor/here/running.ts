// The server that runs on the state directory: is it there, with this file, and does it answer where it should listen?
import { readFile, stat } from 'node:fs/promises'
import type { Config } from '../../config/config.ts'
import { askServer, NoServer } from '../../server/control-client.ts'
import { type Ask, NoAnswer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import { startOf } from '../processes.ts'
import type { User } from './modes.ts'

/** A server that runs. */
export interface Running {
  readonly pid: number
  /** When it was started, in milliseconds since the epoch; undefined when that does not show. */
  readonly started?: number | undefined
  readonly user?: User | undefined
  /** Soft limit of open files. */
  readonly descriptors?: number | undefined
}

const PATIENCE_MS = 10_000
/** Times of files and of processes are not exact to the second. */
const MARGIN_MS = 2_000

/** Asks through the control socket. @returns undefined when none runs; a text when it can't be asked */
export async function findRunning(stateDir: string): Promise<Running | string | undefined> {
  try {
    const { pid } = (await askServer(stateDir, 'status', {}, PATIENCE_MS)) as { pid: number }
    const [status, limits] = await Promise.all(
      ['status', 'limits'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
    )
    const soft = /^Max open files +(\d+)/m.exec(limits!)?.[1]
    return {
      pid,
      started: await startOf(pid),
      user: userIn(status!),
      descriptors: soft === undefined ? undefined : Number(soft),
    }
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
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }))
  if (found.started !== undefined && mtimeMs > found.started + MARGIN_MS) {
    return [
      warning(
        'running',
        `${file} was changed at ${new Date(mtimeMs).toISOString()}, after the server (process ${found.pid}) was started`,
        'the configuration is read at the start only',
        'restart the server',
      ),
    ]
  }
  return [ok('running', `the server runs (process ${found.pid})`)]
}

/** Asks the server wherever the file says that it listens. */
export async function judgeListening({ plans, prefix }: Ours, ask: Ask): Promise<Finding[]> {
  const urls = plans.flatMap(({ listen, tls }) => {
    if ('socket' in listen || listen.port === 0) return []
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
