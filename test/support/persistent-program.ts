// A program that goes on answering, for tests of the exec plugin: what it does is the account's name.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authenticator, type AuthnOutcome, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { WorkPlaces } from '../../core/work/places.ts'
import plugin from '../../plugins/exec/index.ts'

/** A folder for one file of tests. It goes when they are over. */
export function usePersistentProgram(): { readonly folder: string; readonly program: string } {
  const folder = mkdtempSync(join(tmpdir(), 'exec-persistent-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'program')
  writeFileSync(program, TEXT, { mode: 0o755 })
  return { folder, program }
}

/** Its process id is the reason of a reject. */
const TEXT = `#!${process.execPath}
const held = []
const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\\n')
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, account, password } = JSON.parse(line)
  switch (account) {
    case 'hold': return held.push(id)
    case 'release':
      say({ id, outcome: 'accept' })
      return held.splice(0).reverse().forEach((one) => say({ id: one, outcome: 'accept', labels: { id: [String(one)] } }))
    case 'without-id': return say({ outcome: 'accept', labels: { said: [password] } })
    case 'garbage': return process.stdout.write('garbage ' + password + '\\n')
    case 'unknown-id': return say({ id: 'unknown', outcome: 'accept' })
    case 'long': return process.stdout.write('x'.repeat(1024 * 1024 + 1))
    case 'malformed': return say({ id, outcome: 'maybe' })
    case 'noisy': process.stderr.write('x'.repeat(1_000_000))
    case 'pid': return say({ id, outcome: 'reject', reason: String(process.pid) })
    case 'die-then': say({ id, outcome: 'accept' })
    case 'die': return process.exit(3)
    case 'nobody': return say({ id, outcome: 'pass' })
  }
  say(password === 'correct horse' ? { id, outcome: 'accept', labels: { group: [account] } } : { id, outcome: 'reject' })
})
`

/** An instance of the plugin for each test, which asks the program. */
export class Persistent {
  now = 1_000_000
  places = new WorkPlaces()
  host = testHost()
  instance!: Authenticator

  /** Inside a suite: before each test anew, and closed behind it. */
  constructor(program: string) {
    beforeEach(async () => {
      this.now = 1_000_000
      this.places = new WorkPlaces()
      this.host = testHost({ clock: { now: () => this.now }, places: this.places })
      await this.make(program)
    })
    afterEach(() => this.instance.close?.())
  }

  async make(command: string, args: string[] = [], max_processes = 64): Promise<void> {
    const options = { command, args, protocol: 'json', persistent: true, max_processes }
    this.instance = await plugin.create(plugin.options.parse(options), this.host)
  }

  async ask(
    account: string,
    signal = AbortSignal.timeout(10_000),
    password = 'hunter2',
  ): Promise<AuthnOutcome> {
    return this.instance.authenticate(
      { kind: 'password', account, password: new Secret(password) },
      testRequest({ signal }),
    )
  }

  /** Of the process that answers. */
  async pid(): Promise<number> {
    const outcome = await this.ask('pid')
    return outcome.outcome === 'reject' ? Number(outcome.reason) : expect.fail('no process id')
  }
}

/** Why a question had no answer. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (outcome) => expect.fail(`it did not throw, it answered ${JSON.stringify(outcome)}`),
    (error: Error) => error.message,
  )
}
