// The server without its listener: the steps are called with what a start has made of a configuration.
import { closeSync, openSync, writeSync } from 'node:fs'
import Koa, { type Context } from 'koa'
import type { Logger } from 'pino'
import { type Config, readConfig } from '../../core/config/config.ts'
import { written } from '../../core/kit/plain-line.ts'
import { createState } from '../../core/kit/state.ts'
import { RequestContext } from '../../core/request/context.ts'
import { parse, type TokenRequest } from '../../core/request/parse.ts'
import { createServices, type Services } from '../../core/server/container.ts'
import { LineOutput } from '../../core/server/line-output.ts'
import { createLog } from '../../core/server/log.ts'
import { BASIC, PASSWORD, writeNative } from '../files.ts'
import { temporaryFolder } from '../folder.ts'
import { typicalRules } from '../rule-lists.ts'
import { exchange, type Wire, wireOf } from './client.ts'

/** What the steps are called with. */
export interface Lab {
  readonly config: Config
  readonly services: Services
  /** To the null device, in the way in which the server writes to standard error. */
  readonly log: Logger
  /** The request that all steps are about: a login of the benchmark's user for two actions on one repository. */
  readonly wire: Wire
  /** Koa's context of it, as long as nobody has answered. */
  readonly koaContext: Context
  /** What `parse` makes of it. */
  readonly request: TokenRequest
  /** A new context of its own. */
  requestContext(): RequestContext
  close(): Promise<void>
}

const ID = '00000000-0000-4000-8000-000000000000'
const URL_OF_REQUEST = '/auth?account=bench&service=bench&scope=repository:bench/app:pull,push'

/** Opens what stands behind the listener: an ES256 key, twenty rules, a static user. */
export async function openLab(): Promise<Lab> {
  const folder = temporaryFolder()
  const file = writeNative({ folder, name: 'steps', address: '127.0.0.1:0' }, 'ec', typicalRules())
  process.env.BENCH_PASSWORD = PASSWORD
  const config = await readConfig(file)
  const nowhere = openSync('/dev/null', 'w')
  const log = createLog('info', new LineOutput((bytes) => writeSync(nowhere, bytes)))
  const services = await createServices(config, log, createState(folder, { announce() {} }))
  await services.ready()
  const wire = wireOf(URL_OF_REQUEST, { Host: 'localhost', ...BASIC })
  const koaContext = new Koa().createContext(...(await exchange(wire))) as Context
  const request = await parse(koaContext, '127.0.0.1', config.server.limits)
  return {
    config,
    services,
    log,
    wire,
    koaContext,
    request,
    requestContext: () => new RequestContext(services.container, ID, request),
    async close() {
      await services.close()
      await written(log)
      closeSync(nowhere)
    },
  }
}
