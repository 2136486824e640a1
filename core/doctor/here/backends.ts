// The backends of the plugins and the store: can they be reached, and how long does it take?

import type { Config } from '../../config/config.ts'
import { withDeadline } from '../../kit/deadline.ts'
import { messageOf } from '../../kit/thrown.ts'
import { INSTANCES, nameOf } from '../../request/instance.ts'
import type { Services } from '../../server/container.ts'
import { whyNotReady } from '../../server/lifecycle.ts'
import { TOKEN_KEEPER } from '../../token/keeper.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'

const SLOW_MS = 1_000
const DEADLINE_MS = 5_000

/** Asks each plugin instance whether its backend is ready. */
export async function judgeBackends({ container }: Services): Promise<Finding[]> {
  const instances = container.resolve(INSTANCES)
  return await Promise.all(
    instances.map(async (instance) => {
      const began = performance.now()
      const fault = await whyNotReady(instance)
      const took = Math.round(performance.now() - began)
      const { kind, implementation } = instance
      if (fault !== undefined) {
        return wrong(
          'backend',
          fault.replace('did not become ready', `(${kind}) is not ready`),
          kind === 'authorizer'
            ? 'what it is asked about is denied or 503'
            : 'logins that come to it are 503',
          'mend what it says: the address, the account that the server uses there, or the service itself; /readyz turns to 200 by itself',
        )
      }
      const name = `${nameOf(instance)} (${kind})`
      if (took > SLOW_MS) {
        return warning(
          'backend',
          `${name} is ready, after ${took} ms`,
          'each login waits for it, and clients give up after 15 s',
          'look at the way there and at its load',
        )
      }
      return ok('backend', implementation.ready ? `${name} is ready (${took} ms)` : `${name} needs nobody`)
    }),
  )
}

/** Whether tokens can be kept. Nothing is written: a running server has the file open. */
export async function judgeStore(
  { container, ready }: Services,
  { server, stateDir }: Config,
): Promise<Finding[]> {
  const isRemote = typeof server.store === 'object'
  const began = performance.now()
  const look = async () => {
    if (isRemote) return await ready()
    for await (const _ of container.resolve(TOKEN_KEEPER).list({})) break
  }
  const name = isRemote ? 'the store (redis)' : `the store in ${stateDir}`
  try {
    await withDeadline(look(), DEADLINE_MS, 'no answer')
    return [ok('store', `${name} answers (${Math.round(performance.now() - began)} ms)`)]
  } catch (error) {
    return [
      wrong(
        'store',
        `${name} can not be used: ${messageOf(error)}`,
        'there are no refresh tokens, no personal access tokens and no browser sign-in',
        isRemote
          ? 'correct server.store.redis, or start Redis'
          : 'put back a good copy of store.db, or move the file away',
      ),
    ]
  }
}
