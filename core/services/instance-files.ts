// The files of one instance: which it has read, and whether they still hold that.
import { FileRecord, recordFiles } from '../kit/file-record.ts'
import type { Files, Watched } from '../plugin.ts'

/** Remembers what an instance reads. */
export class InstanceFiles {
  readonly #record = new FileRecord()
  readonly #watched = new Set<Watched>()
  /** Those that hold what could not be used: what the instance has is older. */
  readonly #failing = new Set<Watched>()

  /** Makes the instance: what it reads then, and in what it begins then, is remembered. */
  async during<T>(create: () => Promise<T>): Promise<T> {
    const made = await recordFiles(this.#record, create)
    const known = new Set(this.#record.paths)
    await this.#record.take((await this.watchedPaths()).filter((path) => !known.has(path)))
    return made
  }

  /** The same files, as the instance gets them. */
  lent(files: Files): Files {
    return {
      ...files,
      watch: (watched, log) => {
        this.#watched.add(watched)
        const watch = files.watch({ ...watched, reload: () => this.#reload(watched) }, log)
        return {
          stop: () => {
            this.#watched.delete(watched)
            return watch.stop()
          },
        }
      },
    }
  }

  /** All that it has read, and looks at. */
  async paths(): Promise<string[]> {
    return [...new Set([...this.#record.paths, ...(await this.watchedPaths())])]
  }

  /** What it looks at itself, and reads again when it changes. */
  async watchedPaths(): Promise<readonly string[]> {
    const paths = [...this.#watched].map((watched) => watched.paths().catch(() => []))
    return (await Promise.all(paths)).flat()
  }

  /** Whether the instance has what its files hold now. */
  async isCurrent(): Promise<boolean> {
    return this.#failing.size === 0 && (await this.#record.isCurrent(await this.paths()))
  }

  /** The same, without what it looks at itself. */
  async isCurrentBesides(): Promise<boolean> {
    const watched = new Set(await this.watchedPaths())
    return await this.#record.isCurrent(this.#record.paths.filter((path) => !watched.has(path)))
  }

  async #reload(watched: Watched): Promise<void> {
    this.#failing.add(watched)
    await watched.reload()
    this.#failing.delete(watched)
    await this.#record.take(await watched.paths())
  }
}
