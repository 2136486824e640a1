// Runs `dockwarden explain` on a configuration, in this process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ExplainOptions } from '../../../core/cli/explain/question.ts'
import { explain } from '../../../core/cli/explain/run.ts'
import { newPair } from '../../support/key-pairs.ts'

/** What came of it. */
export interface Explained {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** What is given to the command, besides its words. */
export interface Given extends Partial<ExplainOptions> {
  /** What stands on standard input; without it there is a terminal. */
  readonly input?: string
}

/** A folder with keys and configurations. */
export interface Place {
  /** Writes a file. @returns its path */
  file(name: string, text: string): string
  path(name: string): string
  run(file: string, given: Given, ...scopes: string[]): Promise<Explained>
  remove(): void
}

export async function openPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-explain-'))
  const { certificate, key } = await newPair('P-256')
  const path = (name: string) => join(folder, name)
  const place: Place = {
    path,
    file(name, text) {
      writeFileSync(path(name), text)
      return path(name)
    },
    async run(file, { input, ...options }, ...scopes) {
      const out: string[] = []
      const err: string[] = []
      const stdin = Object.assign(Readable.from(input === undefined ? [] : [Buffer.from(input)]), {
        isTTY: input === undefined,
      })
      const status = await explain(
        [file, ...scopes],
        { label: [], ...options },
        {
          configFile: (name) => name!,
          input: stdin,
          output: {
            stdout: { write: (text) => out.push(text) },
            stderr: { write: (text) => err.push(text) },
          },
        },
      )
      // Where the configuration stands is of no interest.
      const short = (text: string) => text.replaceAll(`${folder}/`, '')
      return { status, stdout: short(out.join('')), stderr: short(err.join('')) }
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
  place.file('cert.pem', certificate)
  place.file('key.pem', key)
  return place
}
