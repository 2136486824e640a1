// What a scenario works with: a folder, a server with its configuration, what it prints and what it must see. All of it ends with it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'
import { newPair } from '../test/support/key-pairs.ts'
import { type Answer, bystanderAddress } from './client.ts'
import { type LoadedServer, startServer } from './server.ts'
import { counted, kindsOf, longest, shown, timesOf, withoutNumbers } from './tally.ts'
import { tokenJudge } from './tokens.ts'
import { type Probe, type Seen, startWatch, type Watch } from './watch.ts'

export const HEALTH = '/healthz'
const HEALTH_EVERY = 25
/** So long the quiet server is looked at first: what is measured then is the machine's noise. */
const QUIET = 1_500

/** One kind of load. */
export interface Scenario {
  readonly name: string
  readonly about: string
  /** It needs what docker_auth's form does not have, and so has no meaning for another server. */
  readonly ownOnly?: boolean
  /** Runs only when it is named. */
  readonly onDemand?: boolean
  run(drill: Drill): Promise<void>
}

/** What the command line asked for. */
export interface Wishes {
  readonly against?: string | undefined
  /** How long the soak lasts. */
  readonly minutes: number
  /** Decides everything that is drawn at random. */
  readonly seed: number
}

export class Drill {
  readonly folder = mkdtempSync(join(tmpdir(), 'dockwarden-load-'))
  readonly wishes: Wishes
  /** Whether the server is Dockwarden. */
  readonly own: boolean
  readonly #remove = () => rmSync(this.folder, { recursive: true, force: true })
  readonly #ends: (() => unknown)[] = []
  #missed = 0

  constructor(wishes: Wishes) {
    // Also when the drill is interrupted.
    process.once('exit', this.#remove)
    this.wishes = wishes
    this.own = wishes.against === undefined
  }

  /** How many musts were missed. */
  get missed(): number {
    return this.#missed
  }

  /** Prints a line. */
  say(what: string, text: string): void {
    console.log(`  ${what.padEnd(14)} ${text}`)
  }

  /** Prints the verdict on something that has to be so. @param seen what was measured */
  must(what: string, met: boolean, seen: string): void {
    if (!met) this.#missed++
    console.log(`  ${met ? 'met   ' : 'MISSED'} ${what}: ${seen}`)
  }

  /** Has this done when the drill is over; the last is done first. */
  atEnd(action: () => unknown): void {
    this.#ends.push(action)
  }

  /** Ends everything. */
  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end()
    process.off('exit', this.#remove)
    this.#remove()
  }

  /**
   * Starts the server.
   *
   * @param sections of the configuration, without address and signing key; with `authenticators` in the native form, otherwise in
   * docker_auth's. Another server does not get `server`.
   */
  async start(
    sections: Readonly<Record<string, object>>,
    how: { under?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
  ): Promise<LoadedServer & { judge: ReturnType<typeof tokenJudge> }> {
    const port = await freePort()
    const pair = await newPair('P-256')
    const path = (name: string) => join(this.folder, name)
    writeFileSync(path('token.crt'), pair.certificate)
    writeFileSync(path('token.key'), pair.key)
    const file = path('config.yml')
    const { server, ...rest } = sections
    writeFileSync(file, asYaml({ ...this.#basis(port, 'authenticators' in rest, server), ...rest }))
    const running = await startServer({
      file,
      port,
      log: path('server.log'),
      against: this.wishes.against,
      under: how.under,
      env: { DOCKWARDEN_STATE_DIR: path('state'), ...how.env },
    })
    this.atEnd(() => running.kill())
    return { ...running, judge: tokenJudge(pair.certificate) }
  }

  #basis(port: number, native: boolean, server: object | undefined): object {
    const [certificate, key] = [join(this.folder, 'token.crt'), join(this.folder, 'token.key')]
    return native
      ? { server: { listen: `127.0.0.1:${port}`, ...server }, token: { keys: [{ certificate, key }] } }
      : {
          server: { addr: `127.0.0.1:${port}`, ...(this.own && server) },
          token: { issuer: 'load', expiration: 900, certificate, key },
        }
  }

  /** Watches the server's `/healthz` and these, after a look at the quiet server. */
  async watch(port: number, others: readonly Probe[] = []): Promise<Watch> {
    const questions = [{ port, from: bystanderAddress(0), path: HEALTH }]
    const watch = startWatch([{ name: HEALTH, every: HEALTH_EVERY, questions }, ...others])
    this.atEnd(() => watch.stop())
    await delay(QUIET)
    for (const [name, answers] of await watch.take()) this.say('quiet', `${name}: ${timesOf(answers)}`)
    return watch
  }

  /** Prints what clients were answered, and what bystanders were. */
  report(answers: readonly Answer[], seen: Seen): void {
    const given = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status !== 200)
    this.say('answered', `${given.length} of ${answers.length} with 200: ${timesOf(given)}`)
    if (refused.length > 0) this.say('refused', `${kindsOf(refused)}: ${timesOf(refused)}`)
    this.reportSeen('meanwhile', seen)
  }

  /** Prints what bystanders were answered. */
  reportSeen(when: string, seen: Seen): void {
    for (const [name, answers] of seen) {
      const others = answers.filter(({ status }) => status !== 200)
      const refused = others.length > 0 && name !== HEALTH ? `; not 200: ${kindsOf(others)}` : ''
      const gap = name === HEALTH ? `; longest gap ${shown(longest(answers))}` : ''
      this.say(when, `${name}: ${timesOf(answers)} (${answers.length})${gap}${refused}`)
    }
  }

  /** Prints why the server says it has refused, from its audit log. */
  reportCauses(server: LoadedServer): void {
    if (!this.own) return
    const causes = server
      .written()
      .split('\n')
      .flatMap((line) => (line.includes('"audit":"token"') ? [JSON.parse(line)] : []))
      .flatMap(({ status, reason }) =>
        status === 200 ? [] : [`${status} ${withoutNumbers(String(reason))}`],
      )
    if (causes.length > 0) this.say('causes', counted(causes))
  }

  /** All of this probe were answered with 200 within the time. @param limit milliseconds */
  mustBeServed(seen: Seen, name: string, limit: number, when = 'meanwhile'): void {
    const answers = seen.get(name) ?? []
    const failed = answers.filter(({ status }) => status !== 200)
    this.must(
      `${name} ${when}: each answered with 200 within ${shown(limit)}`,
      answers.length > 0 && failed.length === 0 && longest(answers) < limit,
      `${answers.length - failed.length} of ${answers.length}, ${timesOf(answers)}`,
    )
  }

  /** The event loop gave way. @param limit milliseconds */
  mustBeHealthy(seen: Seen, limit: number): void {
    const answers = seen.get(HEALTH) ?? []
    this.must(
      `${HEALTH} answers within ${shown(limit)}`,
      answers.length > 0 && longest(answers) < limit && answers.every(({ status }) => status > 0),
      timesOf(answers),
    )
  }
}

/** JSON is YAML, but for our tags. */
export function asYaml(value: object): string {
  return JSON.stringify(value, null, 1).replace(/"(!(?:env|file) [^"]+)"/g, '$1')
}
