// A gate for logins that a command tries: they count in the server that runs on the same state directory.
import type { DependencyContainer } from 'tsyringe'
import { Secret } from '../plugin.ts'
import { Cancellation } from '../work/cancellation.ts'
import { type Gate, GUARD, Throttled } from '../work/guard/gate.ts'
import { askServer, NoServer } from './control-client.ts'

/** Says whether a password may be tried, and counts one that is wrong. */
export const GUARD_TRY = 'guard.try'

/** What the server says. */
interface TryAnswer {
  /** Undefined when it may be tried. */
  readonly throttled?: Throttled['of']
  /** Seconds. */
  readonly retry_after?: number
}

/**
 * Puts such a gate into a process container. Where no server runs, everybody passes, and nothing is counted.
 *
 * @param stateDir of the server
 */
export function countAtServer(container: DependencyContainer, stateDir: string): void {
  container.registerInstance(GUARD, createRemoteGate(stateDir))
}

function createRemoteGate(stateDir: string): Gate {
  const tell = async (args: object): Promise<TryAnswer> => {
    try {
      return (await askServer(stateDir, GUARD_TRY, args)) as TryAnswer
    } catch (error) {
      if (error instanceof NoServer) return {}
      throw error
    }
  }
  return {
    async admit({ account, network, password, shared }) {
      const tried = { account, network, shared, password: password.reveal() }
      const { throttled, retry_after = 1 } = await tell({ ...tried, wrong: false })
      if (throttled) throw new Throttled(throttled, retry_after * 1_000)
      return {
        refusedBy: () => undefined,
        reject() {},
        failed: async (asked) => void (await tell({ ...tried, wrong: true, asked })),
        // Whoever asks why is not where the account logs in from.
        async succeeded() {},
        leave() {},
      }
    },
  }
}

const PATIENCE_MS = 5_000

/**
 * Answers such a question, in the server.
 *
 * @throws Error for other arguments
 */
export async function tryAtGate(gate: Gate, args: unknown): Promise<TryAnswer> {
  const { account, network, password, shared, wrong, asked } = (args ?? {}) as Record<string, unknown>
  if (typeof account !== 'string' || typeof network !== 'string' || typeof password !== 'string')
    throw new Error('account, network and password must be text')
  try {
    const attempt = await gate.admit({
      account,
      network,
      password: new Secret(password),
      shared: shared === true,
      leaving: new Cancellation(),
      left: PATIENCE_MS,
    })
    try {
      if (wrong === true) await attempt.failed(asked === true)
    } finally {
      attempt.leave()
    }
    return {}
  } catch (error) {
    if (!(error instanceof Throttled)) throw error
    return { throttled: error.of, retry_after: error.retryAfter }
  }
}
