// Puts together what one plugin instance gets from the host.
import type { Clock, Commands, Files, Host, HttpClients, Log, Passwords, State } from '../contract/index.ts'
import { createCommands } from './commands.ts'
import { createHttpClients } from './http-client.ts'
import { createPasswords } from './passwords.ts'

/** The services that all instances of one configuration share. */
export interface HostServices {
  readonly clock: Clock
  readonly files: Files
  readonly state: State
  readonly passwords: Passwords
  readonly commands: Commands
  readonly http: HttpClients
}

/**
 * @param files resolves the paths that the configuration names
 * @param state the state directory
 */
export function createHostServices(files: Files, state: State): HostServices {
  return {
    clock: { now: Date.now },
    files,
    state,
    passwords: createPasswords(),
    commands: createCommands(),
    http: createHttpClients(files),
  }
}

/** The host as the plugin instance with this id sees it. */
export function createHost(id: string, log: Log, services: HostServices): Host {
  return Object.freeze({ ...services, id, log })
}
