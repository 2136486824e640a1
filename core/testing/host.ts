// A host and requests for tests of plugins: the real services, a log that is kept, no state directory.

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
  type RequestScope,
  type ResourceRequest,
  type State,
  TOKEN_REQUEST,
  type Token,
  toLabels,
} from '../plugin.ts'
import { createFiles } from '../services/files.ts'
import { createHost, createHostServices } from '../services/host.ts'
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

/**
 * A host for a plugin instance under test: real passwords, programs and HTTP; paths relative to `base`. Its state directory
 * is empty and stays so, as under `dockwarden check`.
 *
 * @param given services to put in the place of these, and `base` (by default the working directory)
 *
 * @example const instance = await plugin.create(plugin.options.parse({ ... }), testHost())
 */
export function testHost(
  given: Partial<Host> & { base?: string } = {},
): Host & { log: ReturnType<typeof keptLog> } {
  const { base = process.cwd(), ...overrides } = given
  const log = keptLog()
  const state: State = { file: async () => undefined, announce: () => {} }
  return { ...createHost('test', log, createHostServices(createFiles(base), state)), ...overrides, log }
}

/** A request as a plugin sees it, frozen; what is not given is empty. The signal aborts after `timeout` ms (default 5,000), and `work` has `steps`. */
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
  } = {},
): RequestScope {
  const { account = '', service = '' } = given
  const labels = toLabels(given.labels)
  const scopes = (given.scopes ?? []).map((scope) => ({ ...scope, actions: [...scope.actions] }))
  const client = deepFreeze({ ip: undefined, id: undefined, ...given.client })
  const signal = given.signal ?? AbortSignal.timeout(given.timeout ?? 5_000)
  const values = new Map<symbol, unknown>([
    [CLIENT, client],
    [TOKEN_REQUEST, deepFreeze({ service, scopes })],
    [LABELS, labels],
    [IDENTITY, account ? Object.freeze({ account, labels, authenticator: 'test' }) : undefined],
  ])
  return Object.freeze({
    id: 'test-request',
    account,
    labels,
    client,
    service,
    log: keptLog(),
    signal,
    work: new Budget(createTurns(), given.steps ?? MOST_STEPS).work(() => signal.throwIfAborted()),
    resolve: <T>(token: Token<T>) => values.get(token) as T,
  })
}
