// A host and requests for tests of plugins: the real services, a log that is kept, no state directory.

import { randomBytes } from 'node:crypto'
import { deepFreeze } from '../contract/frozen.ts'
import { MOST_STEPS } from '../contract/steps.ts'
import {
  CLIENT,
  type Client,
  type Host,
  IDENTITY,
  LABELS,
  type Labels,
  type Log,
  type MetricLabels,
  type RequestScope,
  type ResourceRequest,
  type RouteHandler,
  type State,
  TOKEN_REQUEST,
  type Token,
  toLabels,
} from '../plugin.ts'
import { createFiles } from '../services/files.ts'
import { type Around, createHost, createHostServices, type Sharing } from '../services/host.ts'
import { createMetrics } from '../services/metrics.ts'
import { createStore } from '../services/store.ts'
import type { Task } from '../services/tasks.ts'
import { createMemoryEntries } from '../store/memory-entries.ts'
import { Budget } from '../work/budget.ts'
import { createTurns } from '../work/turns.ts'

/** One line that a plugin logged. */
export interface LogLine {
  readonly level: keyof Log
  readonly facts: object
  readonly message: string
}

/** A log that keeps its lines. */
export function keptLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const at = (level: keyof Log) => (facts: object, message: string) =>
    void lines.push({ level, facts, message })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Values by their tokens, as other plugins would have provided them. */
export type ProvidedValues = readonly (readonly [Token<unknown>, unknown])[]

/** What a plugin under test has provided, by the names of the tokens. */
export type ProvidedByPlugin = ReadonlyMap<string, unknown>

/** What a plugin does in the background: here it waits to be run. */
export interface TestTask {
  /** Milliseconds. */
  readonly interval: number
  run(signal?: AbortSignal): Promise<void>
}

const NEVER = new AbortController().signal

/** One value that a plugin gave to a metric. */
export interface Measured {
  readonly name: string
  readonly value: number
  readonly labels: MetricLabels
}

/** A host that keeps its log, what was provided, and what is to be done in the background. */
export type TestHost = Host & {
  readonly tasks: readonly TestTask[]
  readonly log: ReturnType<typeof keptLog>
  readonly provided: ProvidedByPlugin
  /** What was counted and measured. */
  readonly measured: readonly Measured[]
  /** Asks a route of the plugin, by `/PATH`; 404 where there is none. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>
  /** What other instances provide. */
  readonly shared: ProvidedValues
}

/**
 * A host for a plugin instance under test: real passwords, programs and HTTP; paths relative to `base`. Its state directory
 * is empty and stays so, as under `dockwarden check`. Its store is in memory. Remarks are in its log.
 *
 * @param given services to put in the place of these, `base` (by default the working directory), and in `shared` what other
 *   instances provide
 *
 * @example const instance = await plugin.create(plugin.options.parse({ ... }), testHost())
 * @example const host = testHost({ shared: [[DIRECTORY, directory]] }) // host.resolve(DIRECTORY) gives it
 */
export function testHost(given: Partial<Host> & { base?: string; shared?: ProvidedValues } = {}): TestHost {
  const { base = process.cwd(), shared = [], ...overrides } = given
  const log = keptLog()
  const state: State = { file: async () => undefined, announce: () => {} }
  const provided = new Map<string, unknown>()
  const all = <T>({ name }: Token<T>) =>
    shared.flatMap(([token, value]) => (token.name === name ? [value as T] : []))
  const tasks: TestTask[] = []
  const services = createHostServices({
    files: createFiles(base),
    state,
    ...(given.clock && { clock: given.clock }),
  })
  const sharing: Sharing = {
    provide: ({ name }, value) => void provided.set(name, deepFreeze(value)),
    resolve<T>(token: Token<T>): T {
      const [value] = all(token)
      if (value === undefined)
        throw new Error(`nobody provides ${token.name}: testHost({ shared: [[TOKEN, value]] })`)
      return value
    },
    find: <T>(token: Token<T>) => all(token)[0],
    resolveAll: <T>(token: Token<T>) => all(token),
  }
  const every = (interval: number, task: Task) =>
    void tasks.push({ interval, run: async (signal = NEVER) => void (await task(signal)) })
  const around: Around = {
    surroundings: { anonymous: true, proxied: false },
    placeOf: (path) => ({ file: 'dockwarden.yml', line: 1, column: 1, path: path.join('.') }),
    remark: ({ at, message, kind }) => log[kind === 'note' ? 'info' : 'warn']({ at }, message),
  }
  const measured: Measured[] = []
  const metrics = createMetrics(
    ({ name }) =>
      (value, labels) =>
        void measured.push({ name, value, labels }),
  )
  const routes = new Map<string, RouteHandler>()
  const route: Host['route'] = (method, path, handler) => void routes.set(`${method} ${path}`, handler)
  const ask = async (path: string, init?: RequestInit) => {
    const request = new Request(`http://localhost/plugins/test${path}`, init)
    const behind = new URL(request.url).pathname.slice('/plugins/test'.length)
    const handler = routes.get(`${request.method} ${behind}`)
    if (!handler) return new Response(null, { status: 404 })
    return await handler(request, { id: 'test-request', ip: '127.0.0.1', log })
  }
  const store = createStore({
    owner: { kind: 'plugin', plugin: 'test', id: 'test' },
    backing: async () => ({ entries: createMemoryEntries(services.clock), keys: [randomBytes(32)] }),
    clock: services.clock,
    log,
  })
  const { host } = createHost(
    { id: 'test', log, sharing, every, route, metrics, store: () => store, around },
    services,
  )
  return { ...host, store, ...overrides, log, provided, shared, tasks, ask, measured }
}

/** A request that keeps what was provided. */
export type TestRequest = RequestScope & { readonly provided: ProvidedByPlugin }

/**
 * A request as a plugin sees it, frozen; what is not given is empty. The signal aborts after `timeout` ms (default 5,000), and
 * `work` has `steps`.
 *
 * @param given in `shared` what the plugins before this one provided
 */
export function testRequest(
  given: {
    account?: string
    labels?: Labels
    client?: Partial<Client>
    service?: string
    scopes?: readonly ResourceRequest[]
    signal?: AbortSignal
    timeout?: number
    steps?: number
    shared?: ProvidedValues
  } = {},
): TestRequest {
  const { account = '', service = '' } = given
  const labels = toLabels(given.labels)
  const scopes = (given.scopes ?? []).map((scope) => ({ ...scope, actions: [...scope.actions] }))
  const client = deepFreeze({ ip: undefined, id: undefined, ...given.client })
  const signal = given.signal ?? AbortSignal.timeout(given.timeout ?? 5_000)
  const values = new Map<string, unknown>(
    (given.shared ?? []).map(([{ name }, value]) => [name, deepFreeze(value)]),
  )
  values.set(CLIENT.name, client)
  values.set(TOKEN_REQUEST.name, deepFreeze({ service, scopes }))
  values.set(LABELS.name, labels)
  values.set(IDENTITY.name, account ? Object.freeze({ account, labels, authenticator: 'test' }) : undefined)
  const provided = new Map<string, unknown>()
  return Object.freeze({
    id: 'test-request',
    account,
    labels,
    client,
    service,
    log: keptLog(),
    signal,
    work: new Budget(createTurns(), given.steps ?? MOST_STEPS).work(() => signal.throwIfAborted()),
    provide: <T>({ name }: Token<T>, value: T) => void provided.set(name, deepFreeze(value)),
    resolve: <T>({ name }: Token<T>) => values.get(name) as T,
    provided,
  })
}
