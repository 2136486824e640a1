// Puts together what one plugin instance gets from the host.
import type { Files, Host, Log, State } from '../contract/index.ts'
import { Budget } from '../work/budget.ts'
import { createTurns } from '../work/turns.ts'
import { createCommands } from './commands.ts'
import { createHttpClients } from './http-client.ts'
import { createOAuthClients } from './oauth.ts'
import { createPasswords } from './passwords.ts'
import { createYamlFiles } from './yaml-files.ts'

/** The services that all instances of one configuration share. `oauth` is made for each: it logs. */
export type HostServices = Omit<Host, 'id' | 'log' | 'oauth'>

/**
 * @param files resolves the paths that the configuration names
 * @param state the state directory
 * @param turns of the event loop
 */
export function createHostServices(files: Files, state: State, turns = createTurns()): HostServices {
  return {
    clock: { now: Date.now },
    files,
    yaml: createYamlFiles(files),
    state,
    passwords: createPasswords(),
    commands: createCommands(),
    http: createHttpClients(files),
    work: new Budget(turns).work(),
  }
}

/** The host as the plugin instance with this id sees it. */
export function createHost(id: string, log: Log, services: HostServices): Host {
  return Object.freeze({ ...services, oauth: createOAuthClients(services.http, log), id, log })
}
