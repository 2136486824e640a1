// Puts together what one plugin instance gets from the host.
import { deepFreeze } from '../contract/frozen.ts'
import type { Files, Host, Log, State } from '../contract/index.ts'
import { Budget } from '../work/budget.ts'
import { createTurns } from '../work/turns.ts'
import { createCommands } from './commands.ts'
import { createHttpClients } from './http-client.ts'
import { createOAuthClients } from './oauth.ts'
import { createPasswords } from './passwords.ts'
import { createYamlFiles } from './yaml-files.ts'

/** The services that all instances of one configuration share, so they are frozen. `oauth` is made for each: it logs. */
export type HostServices = Omit<Host, 'id' | 'log' | 'oauth'>

/**
 * @param files resolves the paths that the configuration names
 * @param state the state directory
 * @param turns of the event loop
 */
export function createHostServices(files: Files, state: State, turns = createTurns()): HostServices {
  return deepFreeze({
    clock: { now: Date.now },
    files,
    yaml: createYamlFiles(files),
    state,
    passwords: createPasswords(),
    commands: createCommands(),
    http: createHttpClients(files),
    work: new Budget(turns).work(),
  })
}

/** The host as the plugin instance with this id sees it. */
export function createHost(id: string, log: Log, services: HostServices): Host {
  const own = face(log)
  return deepFreeze({ ...services, oauth: createOAuthClients(services.http, own), id, log: own })
}

/** What of a log belongs to the contract: the host writes its own lines about the instance to the same one. */
function face(log: Log): Log {
  const at = (level: keyof Log) => (facts: object, message: string) => log[level](facts, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
