// Which file stands at the store's path: somebody may remove it, or put another one there, while it is in use.
import { rmSync, statSync } from 'node:fs'
import { explained, StoreFileError } from './embedded-file.ts'

/** What SQLite makes beside a file that is in use: the log of its changes, and the log's index. */
const LOG_SUFFIXES = ['-wal', '-shm'] as const
const LOOK_INTERVAL_MS = 1_000

export class EmbeddedPlace {
  readonly #path: string
  readonly #letGo: () => void
  #file: string | undefined
  #logs: readonly (string | undefined)[] = []
  #looked = Number.NEGATIVE_INFINITY

  /** @param letGo is called when the file is gone or another one: who has it open closes it */
  constructor(path: string, letGo: () => void) {
    this.#path = path
    this.#letGo = letGo
  }

  /**
   * Looks which file stands there.
   *
   * @returns whether there is one
   * @throws StoreFileError when that can't be said, or it is no file
   */
  look(): boolean {
    const file = this.#fileAt()
    if (this.#file !== undefined && file !== this.#file) {
      this.#letGo()
      this.#removeLogs()
    }
    this.#file = file
    this.#logs = LOG_SUFFIXES.map((suffix) => this.#identityAt(suffix))
    this.#looked = performance.now()
    return file !== undefined
  }

  /** So lately that a look can be spared. */
  get lookedLately(): boolean {
    return performance.now() - this.#looked < LOOK_INTERVAL_MS
  }

  #fileAt(): string | undefined {
    const found = this.#statOf(this.#path)
    if (found && !found.isFile()) {
      throw new StoreFileError(`${this.#path} must be a file; move away what stands there`)
    }
    return found && `${found.dev}:${found.ino}`
  }

  #identityAt(suffix: string): string | undefined {
    const found = this.#statOf(this.#path + suffix)
    return found && `${found.dev}:${found.ino}`
  }

  #statOf(path: string) {
    return explained(path, () => statSync(path, { throwIfNoEntry: false }))
  }

  /** The log of the old file must not be read as the new one's. One that came with the new file is another, and stays. */
  #removeLogs(): void {
    for (const [place, suffix] of LOG_SUFFIXES.entries()) {
      const known = this.#logs[place]
      if (known === undefined || known !== this.#identityAt(suffix)) continue
      explained(this.#path, () => rmSync(this.#path + suffix, { force: true }))
    }
  }
}
