// The tests near a file, run in a copy of the checkout: that of the file's own name first, then all of its room.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** So many times as long as the unchanged tests; whatever then still runs hangs. */
const PATIENCE = 4
/** Milliseconds that the tests of a room take at the first run, at the most. */
const LONGEST = 600_000

interface Failure {
  /** The test's whole name. */
  readonly test: string
  /** Where it stands; undefined when there is no such place, because nothing could be loaded or the run hung. */
  readonly file?: string
}

/** Runs tests in a copy. */
export class NearTests {
  readonly #copy: string
  /** Milliseconds for the tests of a room. */
  readonly #patience = new Map<string, number>()
  /** A group of processes. */
  #running: number | undefined

  /** @param copy the folder of the copy */
  constructor(copy: string) {
    this.#copy = copy
  }

  /**
   * Runs the room's tests without any change, which tells how long they take.
   *
   * @returns the test that fails
   */
  async learn(file: string): Promise<string | undefined> {
    const room = roomOf(file)
    if (this.#patience.has(room)) return undefined
    const begun = Date.now()
    const failure = await this.#run(room, LONGEST)
    this.#patience.set(room, PATIENCE * (Date.now() - begun) + 10_000)
    return failure?.test
  }

  /** Which test notices that the file has changed; undefined: none of them. */
  async witness(file: string): Promise<string | undefined> {
    const room = roomOf(file)
    const patience = this.#patience.get(room)!
    const near = `test/${dirname(file)}/${basename(file, '.ts')}.test.ts`
    for (const tests of existsSync(join(this.#copy, near)) ? [near, room] : [room]) {
      for (let attempt = 1; attempt <= 2; attempt++) {
        const failure = await this.#run(tests, patience)
        if (!failure) break
        // One that fails now and then by itself is no witness.
        if (failure.file === undefined || (await this.#run(failure.file, patience))) return failure.test
      }
    }
    return undefined
  }

  /** Ends what runs. */
  stop(): void {
    if (this.#running !== undefined) process.kill(-this.#running, 'SIGKILL')
  }

  async #run(tests: string, patience: number): Promise<Failure | undefined> {
    const result = join(this.#copy, 'result.json')
    rmSync(result, { force: true })
    const mocha = join(this.#copy, 'node_modules/mocha/bin/mocha.js')
    const report = ['--reporter', 'json', '--reporter-option', `output=${result}`]
    // A group of its own: mocha runs the tests in a process that it starts.
    const child = spawn(process.execPath, [mocha, '--bail', '--exit', ...report, tests], {
      cwd: this.#copy,
      stdio: 'ignore',
      detached: true,
    })
    this.#running = child.pid
    let hung = false
    const timer = setTimeout(() => {
      hung = true
      this.stop()
    }, patience)
    const [status] = await once(child, 'close')
    clearTimeout(timer)
    this.#running = undefined
    if (hung) return { test: `${tests} hangs` }
    if (status === 0) return undefined
    if (!existsSync(result)) return { test: `${tests} can not be run` }
    const [failure] = JSON.parse(readFileSync(result, 'utf8')).failures
    return { test: failure.fullTitle, file: failure.file }
  }
}

function roomOf(file: string): string {
  return `test/${dirname(file)}/*.test.ts`
}
