// What the process that listens and its workers say to each other: the verbs of both ends, and what goes with them.
import type { Challenge } from '../../acme/challenges.ts'
import type { FileContents } from '../../kit/file-record.ts'
import type { LogLevel } from '../../kit/log-levels.ts'
import type { Problem } from '../../yaml/problems.ts'
import type { Patience } from '../listener.ts'

/** Files by path, with contents in base64. */
export type SentFiles = readonly (readonly [path: string, content: string])[]

/** What a worker is told before it begins. */
export interface Terms {
  /** Of all that is told: who begins with an older one has to begin anew. */
  readonly version: number
  /** Of its place among the workers, from 1 on. */
  readonly number: number
  /** The version of Dockwarden. */
  readonly release: string
  readonly level: LogLevel
  /** The configuration's, as it was named. */
  readonly file: string
  /** What the file and those that it names hold: those of the start, of which only a restart takes some, and those in force. */
  readonly first: SentFiles
  readonly files: SentFiles
  /** Of the state directory, where the keys are its; none are made beside them. */
  readonly caPath: string | null
  /** The keys that are known. */
  readonly kids: readonly string[]
  readonly challenges: readonly Challenge[]
  readonly patience: Partial<Patience> | null
}

/** Asked by workers. */
export const ASKED = {
  /** → Terms */
  terms: 'terms',
  /** It takes connections from now on. */
  ready: 'ready',
  /** It can't begin. { message } */
  failed: 'failed',
  /** It takes no more. */
  leaving: 'leaving',
  /** Admitting → Admitted */
  admit: 'guard.admit',
  /** Ending */
  end: 'guard.end',
  /** A write of the embedded store → what became of it */
  write: 'store.write',
  /** The store's file is another one now. */
  letGo: 'store.let-go',
  /** A state of a sign-in → whether this is its first time */
  spend: 'spend',
} as const

/** Asked of workers. */
export const TOLD = {
  /** A next configuration is built beside the one in force. { files, kids } → Prepared */
  prepare: 'prepare',
  /** It takes over. */
  commit: 'commit',
  /** It is closed. */
  abandon: 'abandon',
  /** Something that is read from files is read again: its name. */
  fresh: 'fresh',
  /** The keys of the files are published besides those in use. */
  publish: 'publish',
  /** A pair of account and network with a wrong password. */
  suspect: 'guard.suspect',
  /** An account, or null for all → how many proofs were forgotten */
  forget: 'forget',
  /** → what is measured */
  metrics: 'metrics',
  /** Challenge[] are shown */
  challenges: 'challenges',
  /** What has begun is answered, and then the process ends. */
  stop: 'stop',
} as const

/** What became of a next configuration. */
export interface Prepared {
  /** None: it can take over. */
  readonly problems: readonly Problem[]
}

export function sent(files: FileContents): SentFiles {
  return [...files].map(([path, content]) => [path, Buffer.from(content).toString('base64')])
}

export function received(files: SentFiles): FileContents {
  return new Map(files.map(([path, content]) => [path, Buffer.from(content, 'base64')]))
}
