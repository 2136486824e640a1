// Puts together what one plugin instance gets from the host.
import { totalmem } from 'node:os'
import type { InjectionToken } from 'tsyringe'
import { deepFreeze } from '../contract/frozen.ts'
import { SYSTEM_CLOCK } from '../kit/process.ts'
import type { Clock, Files, Host, HttpClients, Log, State, Store } from '../plugin.ts'
import { Budget } from '../work/budget.ts'
import { WorkPlaces } from '../work/places.ts'
import { createTurns, type Turns } from '../work/turns.ts'
import { createYamlFiles } from '../yaml/yaml-files.ts'
import { createCache } from './cache.ts'
import { createHttpClients } from './http-client.ts'
import { createOAuthClients } from './oauth.ts'
import { createPasswords, type PasswordService } from './passwords.ts'
import { createPrograms } from './programs.ts'

/** What an instance shares with others. */
export type Sharing = Pick<Host, 'provide' | 'resolve' | 'find' | 'resolveAll'>

/** What belongs to the configuration around an instance. */
export type Around = Pick<Host, 'surroundings' | 'remark' | 'placeOf'>

/** The services that all instances share, so they are frozen. The others are made for each, and end with it. */
export interface HostServices extends Pick<Host, 'clock' | 'files' | 'state' | 'work'> {
  readonly places: WorkPlaces
  readonly passwords: PasswordService
  readonly turns: Turns
}

/** In the process container. */
export const HOST_SERVICES: InjectionToken<HostServices> = Symbol('host-services')

/** What they are made of. */
export interface HostParts {
  /** Resolves the paths that the configuration names. */
  readonly files: Files
  readonly state: State
  readonly clock?: Clock
  /** Turns of the event loop. */
  readonly turns?: Turns
  /** Bytes for password hashes that are computed at once; by default a quarter of what the process may have. */
  readonly hashMemory?: number | undefined
  /** Among so many processes all of it is divided. */
  readonly share?: number
}

export function createHostServices({
  files,
  state,
  clock = SYSTEM_CLOCK,
  turns = createTurns(),
  hashMemory = Math.floor(memoryOfProcess() / 4),
  share = 1,
}: HostParts): HostServices {
  const places = new WorkPlaces(share)
  return deepFreeze({
    places,
    clock,
    files,
    state,
    passwords: createPasswords(places, Math.floor(hashMemory / share)),
    turns,
    work: new Budget(turns).work(),
  })
}

/** Bytes: what the container's limits allow, or what the machine has. */
function memoryOfProcess(): number {
  const machine = totalmem()
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, machine) : machine
}

/** What one instance has for itself. */
export interface OwnParts {
  readonly id: string
  /** Its lines name the instance. */
  readonly log: Log
  readonly sharing: Sharing
  readonly every: Host['every']
  readonly route: Host['route']
  readonly metrics: Host['metrics']
  /** Asked for when the instance does. */
  readonly store: () => Store
  readonly around: Around
  /** In the place of the shared ones: it knows what the instance reads. */
  readonly files?: Files
}

/** A host, and what of it ends with the instance. */
export interface LentHost {
  readonly host: Host
  close(): Promise<void>
}

/** The host as one plugin instance sees it. */
export function createHost(
  { id, log, sharing, every, route, metrics, store, around, files: ownFiles }: OwnParts,
  services: HostServices,
): LentHost {
  const own = face(log)
  const { clock, state, work, turns } = services
  const files = ownFiles ?? services.files
  // To close them is the host's.
  const { close: _, busy: __, ...passwords } = services.passwords
  const { close: closePlaces, ...places } = services.places.scope()
  const { open, json, close: closeHttp } = createHttpClients(files, places)
  const http: HttpClients = { open: (options) => open(options, own), json }
  const { provide, resolve, find, resolveAll } = sharing
  const host: Omit<Host, 'store'> = {
    clock,
    state,
    work,
    files,
    yaml: createYamlFiles(files),
    programs: createPrograms(places, turns),
    passwords,
    places,
    http,
    oauth: createOAuthClients(http, own),
    id,
    log: own,
    cache: (name, options) => createCache(name, options, clock),
    every,
    route,
    metrics,
    surroundings: around.surroundings,
    remark: around.remark,
    placeOf: around.placeOf,
    provide,
    resolve,
    find,
    resolveAll,
  }
  // No value, nor one that copying the host would ask for: who uses it is told at load what it needs.
  Object.defineProperty(host, 'store', { get: store })
  return {
    host: deepFreeze(host as Host),
    async close() {
      closePlaces()
      await closeHttp()
    },
  }
}

/** What of a log belongs to the contract: the host writes its own lines about the instance to the same one. */
function face(log: Log): Log {
  const at = (level: keyof Log) => (facts: object, message: string) => log[level](facts, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
