// Runs `dockwarden plugin try` and `plugin test` in this process, on plugins in a folder of their own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { type TestOptions, testPlugin } from '../../core/cli/plugin/test.ts'
import { type TryOptions, tryPlugin } from '../../core/cli/plugin/try.ts'
import { ConfigError, formatProblem } from '../../core/yaml/problems.ts'

/** What came of it. */
export interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface PluginPlace {
  /** Writes a file. @returns its path */
  file(name: string, text: string): string
  path(name: string): string
  /** @param given with `input` on standard input; without it there is a terminal */
  try(file: string, given?: Partial<TryOptions> & { input?: string }, ...scopes: string[]): Promise<Outcome>
  test(files: readonly string[], given?: TestOptions): Promise<Outcome>
  remove(): void
}

export function openPluginPlace(): PluginPlace {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-plugins-'))
  const path = (name: string) => join(folder, name)
  async function outcomeOf(
    run: (output: {
      stdout: { write(text: string): unknown }
      stderr: { write(text: string): unknown }
    }) => Promise<number>,
  ): Promise<Outcome> {
    const [out, err]: [string[], string[]] = [[], []]
    const output = {
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: (text: string) => err.push(text) },
    }
    // As the command line ends.
    const status = await run(output).catch((error) => {
      const lines =
        error instanceof ConfigError ? error.problems.map(formatProblem) : [`dockwarden: ${error.message}`]
      err.push(...lines.map((line) => `${line}\n`))
      return 2
    })
    const short = (text: string) => text.replaceAll(`${folder}/`, '')
    return { status, stdout: short(out.join('')), stderr: short(err.join('')) }
  }
  return {
    path,
    file(name, text) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), text)
      return path(name)
    },
    try(file, { input, ...given } = {}, ...scopes) {
      const parts = input === undefined ? [] : [Buffer.from(input)]
      const stdin = Object.assign(Readable.from(parts), { isTTY: input === undefined })
      return outcomeOf((output) => tryPlugin(file, scopes, { label: [], ...given }, { input: stdin, output }))
    },
    test: (files, given = {}) => outcomeOf((output) => testPlugin(files, given, output)),
    remove: () => rmSync(folder, { recursive: true }),
  }
}
