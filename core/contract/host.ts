// The narrow services that the host lends to a plugin instance. Everything a plugin needs from outside comes from here.
import type { z } from 'zod'
import type { Cache, CacheOptions } from './cache.ts'
import type { Token } from './container-token.ts'
import type { HttpClients } from './http.ts'
import type { Clock, Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { OAuthClients } from './oauth.ts'
import type { Places } from './places.ts'
import type { RouteHandler, RouteMethod } from './routes.ts'
import type { Secret } from './secret.ts'
import type { Steps, Work } from './steps.ts'
import type { Store } from './store.ts'

/** Files that the configuration names. */
export interface Files {
  /** An absolute path for one written in the configuration (relative to its file). */
  resolve(path: string): string
  /**
   * Reads a text file: UTF-8, or UTF-16 with a byte order mark. The error names the file and what to do, and for bytes that are
   * no text their line and column.
   *
   * @param comments lines that begin with it may hold any bytes; what stands in them is not kept
   */
  read(path: string, comments?: '#'): string
  /** Reads a PEM file. What stands around its blocks may be in any encoding. */
  readPem(path: string): string
  /** As `read`, without keeping anybody waiting: while the server runs. */
  load(path: string, comments?: '#'): Promise<string>
  /**
   * Looks at files every other second until the watch is stopped. A change counts once the files have stayed the same from one
   * look to the next. When `reload` fails, the log says so once, and each look tries again.
   */
  watch(watched: Watched, log: Log): Watch
}

/** Files that belong together, and what is to be done when they change. */
export interface Watched {
  /** What they are, for the log. */
  readonly name: string
  /** Absolute paths; asked for at each look. */
  paths(): Promise<readonly string[]>
  /** Reads them. Also called once at the beginning: they may have changed since they were read first. */
  reload(): Promise<void>
}

/** Looks at files until it is stopped. */
export interface Watch {
  /** Resolves when nothing is being read any more. */
  stop(): Promise<void>
}

/** YAML files that the configuration names, read as the configuration itself is. */
export interface YamlFiles {
  /**
   * Reads a file (YAML 1.2, with `!env` and `!file`) and checks it.
   *
   * @param path absolute, or relative to the configuration
   * @throws Error with a line for each problem: `file:line:column: path: what is wrong; what to write instead`
   */
  read<S extends z.ZodType>(path: string, schema: S): YamlContent<z.output<S>>
  /**
   * The same of a text that has been read, in parts: run it with `inSlices(..., host.work)`. The schema of a long list is asked
   * about some of its items at a time.
   *
   * @param path where it was read, for messages and what it names itself
   */
  parse<S extends z.ZodType>(path: string, text: string, schema: S): Steps<YamlContent<z.output<S>>>
}

/** What a YAML file holds. */
export interface YamlContent<T> {
  readonly value: T
  /** Where the value at a path of keys stands: `file:line:column`. */
  placeOf(path: readonly PropertyKey[]): string
  /** The same in its parts, for a remark. */
  spotOf(path: readonly PropertyKey[]): FilePlace
}

/** A place in a file that the configuration names. Lines and columns start at 1; `path` is the key's path in the file. */
export interface FilePlace {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
}

/** Something about the configuration that works, but that its operator should know. */
export interface Remark {
  /** Keys from the options on, such as `['rules', 3, 'match']`, or a place in a file that they name: `YamlContent.spotOf`. */
  readonly at: readonly PropertyKey[] | FilePlace
  /** What is so, and what to write instead. */
  readonly message: string
  /** `note`: no fault; only `check` tells it. */
  readonly kind?: 'note'
}

/** What of the whole configuration decides whether an instance's own options can mean what they say. */
export interface Surroundings {
  /** Whether an authenticator may accept clients without credentials. */
  readonly anonymous: boolean
  /**
   * Whether everybody may come from this machine, as far as the server can see: without TLS a proxy stands before it, and nothing
   * tells whose requests that hands on.
   */
  readonly proxied: boolean
}

/** Checks passwords against stored hashes, off the event loop, as many at once as the machine has cores. */
export interface Passwords {
  /**
   * Says at load that the instance checks hashes: call it with each hash that is known then, or with none when they are in
   * a backend. A name that nobody knows then costs a client as much time as one with the dearest of them.
   *
   * @returns why the hash can't be checked on this server, with the remedy; undefined when it can
   */
  announce(hash?: string): string | undefined
  /**
   * True when the password belongs to the hash (bcrypt `$2a$ $2b$ $2y$`, argon2i, argon2d, argon2id).
   * A malformed hash matches nothing. Without a hash, for an account that has none or may not log in, it is false after
   * as much time as with one: how long an answer takes must not tell whether a name exists.
   *
   * @param signal the call's own `request.signal`
   * @throws Busy when it can't be checked in time; Error when the hash asks for more than this server gives
   */
  verify(hash: string | undefined, password: Secret, signal: AbortSignal): Promise<boolean>
  /**
   * Makes a bcrypt hash of the password.
   *
   * @throws RangeError when the password has more than the 72 bytes that bcrypt reads
   */
  hash(password: Secret): Promise<string>
  /**
   * A short text that changes when the stored hash does, for an outcome's `session`: `refresh` compares it to see that
   * the credential is still the same. It tells nothing about the password. Not for plain passwords: those have no salt.
   */
  fingerprint(hash: string): string
  /**
   * The same for a plain password. A session may be read by who steals the store and its key, and the password may be weak: it
   * gets a slow hash first (0.15 s of a core), so keep what comes.
   *
   * @param salt no secret and no random number, so that every server with the same configuration finds the same fingerprint; with
   *   the account in it, which keeps equal passwords apart
   */
  fingerprintOfPlain(password: Secret, salt: string): Promise<string>
}

/** Options of an external program that is run once for each call. */
export interface ProgramOptions {
  /** As the option of this name: a path, or a name that is looked up in PATH. */
  readonly command: string
  readonly args: readonly string[]
  /** At most this many at once; further calls wait for their turn. */
  readonly maxProcesses: number
}

/** How a program ended: its exit code, and its standard output (at most 1 MiB, else `run` rejects). */
export interface ProgramResult {
  readonly exitCode: number
  readonly stdout: string
  /** With another exit code than 0: the last line of its standard error. It may hold secrets, to be masked: `maskSecret`. */
  readonly said?: string
}

/** An external program. It runs in a process group of its own, which is killed whole when the signal aborts. */
export interface Program {
  /**
   * Runs the program with the text as its standard input.
   *
   * @throws Error when it can't be started, dies of a signal, writes more than 1 MiB, or the signal aborts; with `said`, as in the
   *   result
   */
  run(input: string, signal: AbortSignal): Promise<ProgramResult>
}

/** `host.programs`: how a plugin runs programs of the operator's. */
export interface Programs {
  /** @throws Error when there is no such executable */
  open(options: ProgramOptions): Program
}

/** A place in the state directory for what the server makes itself. */
export interface State {
  /**
   * The path of a file in the state directory, made with what `make` returns (mode 0600) when it is missing.
   * Under `dockwarden check` nothing is made: undefined is returned when the file is missing, and it throws when it could not be made.
   */
  file(name: string, make: () => Promise<string>): Promise<string | undefined>
  /** Tells the operator, once, a user name and password that were just made. */
  announce(user: { account: string; password: Secret }): void
}

/** Everything that the host lends to one plugin instance. */
export interface Host {
  /** The instance's id, as in the configuration. */
  readonly id: string
  readonly log: Log
  readonly clock: Clock
  readonly files: Files
  readonly yaml: YamlFiles
  readonly state: State
  readonly passwords: Passwords
  /** Bounds for work of the plugin's own: programs, HTTP and passwords have theirs. */
  readonly places: Places
  readonly programs: Programs
  readonly http: HttpClients
  readonly oauth: OAuthClients
  /** For long computations in the background, such as reading ten thousand rules: they only give way, and are not counted. */
  readonly work: Work
  readonly surroundings: Surroundings
  /** Counters, gauges and histograms of the instance's own. Nobody collects them as yet: they cost nothing then. */
  readonly metrics: Metrics
  /**
   * Tells the operator something about the configuration: in `create`, with the line and column, beside what `check` and the start
   * find themselves; later, in the log.
   *
   * @example host.remark({ at: ['servers', 0], message: 'is not encrypted; write ldaps://' })
   */
  remark(remark: Remark): void
  /**
   * Where a value of the options stands.
   *
   * @param path keys from the options on
   * @example const { file, line } = host.placeOf(['rules', 3])
   */
  placeOf(path: readonly PropertyKey[]): FilePlace
  /**
   * A bounded memory. Its values live in this process alone, and end with the instance.
   *
   * @param name what it holds
   * @example const groups = host.cache<string[]>('groups', { ttl: 60_000 }); groups.get([account, password])
   */
  cache<V extends {}>(name: string, options: CacheOptions): Cache<V>
  /**
   * What the instance keeps for longer than the process, and shares with all nodes. Ask for it in `create`: what it needs of the
   * configuration is said at load then. Of who never asks nothing is opened.
   *
   * @throws Error when the configuration has no store that could keep anything
   */
  readonly store: Store
  /**
   * Answers requests below `/plugins/ID/` (behind `server.path_prefix`), in `create`. Who asks is not looked at: that is the plugin's. The
   * server's limits hold, a handler that throws is a 503, and each answer is a line in the log.
   *
   * @param path below the id, exactly as it is asked for
   * @throws Error for a path that makes no sense or is there already, or after `create`
   * @example host.route('GET', '/status', () => Response.json({ people: people.size }))
   */
  route(method: RouteMethod, path: string, handler: RouteHandler): void
  /**
   * Does something again and again while the server runs, for the first time after one interval. Intervals are spread by a tenth; a
   * failure is logged, and it is tried again. It ends before `close` is called. Under `dockwarden check` nothing runs.
   *
   * @param interval milliseconds from the end of one turn to the next
   * @param task its signal aborts when the server stops
   * @example host.every(60_000, (signal) => readGroups(signal))
   */
  every(interval: number, task: (signal: AbortSignal) => unknown): void
  /**
   * Hands something to the instances that need it, in `create`: the definition's `provides` lists the token. Plain objects are frozen.
   *
   * @throws Error for a token that is not listed, or after `create`
   */
  provide<T>(token: Token<T>, value: T): void
  /**
   * What another instance provides: the definition's `needs` lists the token.
   *
   * @throws Error for a token that is not listed; several provide it and the configuration does not say which, or it is that of
   *   whoever accepted (`uses: { key: accepting }`), which `request.resolve` knows
   * @example const directory = host.resolve(DIRECTORY)
   */
  resolve<T>(token: Token<T>): T
  /** The same of an optional need; undefined when nobody provides it. */
  find<T>(token: Token<T>): T | undefined
  /**
   * What all instances provide that the need means, in the order of the configuration: one with `many: true`, or that of whoever
   * accepts, of all who may.
   */
  resolveAll<T>(token: Token<T>): readonly T[]
}
