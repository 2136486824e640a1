// One server of the soak: it is killed, paused and started again on the same port, with the same configuration and state.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asYaml } from '../drill.ts'
import { figuresOf, type ProcessFigures } from '../process-figures.ts'
import { type LoadedServer, startServer } from '../server.ts'

/** What a node is made of. */
export interface NodeParts {
  readonly name: string
  readonly folder: string
  readonly port: number
  readonly state: string
  /** The configuration in the native form. */
  readonly config: object
  readonly env: Readonly<Record<string, string>>
}

export class SoakNode {
  readonly name: string
  readonly port: number
  readonly #parts: NodeParts
  #server: LoadedServer | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.name = parts.name
    this.port = parts.port
  }

  async start(): Promise<void> {
    const { folder, name, port, state, config, env } = this.#parts
    mkdirSync(state, { recursive: true })
    const file = join(folder, `${name}.yml`)
    writeFileSync(file, asYaml(config))
    this.#server = await startServer({
      file,
      port,
      log: join(folder, `${name}.log`),
      env: { ...env, DOCKWARDEN_STATE_DIR: state },
    })
  }

  /** As the end of its machine would. */
  async kill(): Promise<void> {
    await this.#server?.kill()
  }

  pause(): void {
    process.kill(this.#server!.pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.#server!.pid, 'SIGCONT')
  }

  figures(): ProcessFigures {
    return figuresOf(this.#server!.pid)
  }

  /** @returns the milliseconds that it took to end in order */
  async stop(): Promise<number> {
    return (await this.#server?.stop()) ?? 0
  }
}
