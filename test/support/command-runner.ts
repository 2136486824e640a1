// Runs what a page shows, line after line, in the page's folder: in this process where that can be, since a process costs much.
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { examine } from '../../core/cli/check.ts'
import { runCommandLine } from '../../core/cli/command-line.ts'
import { dockwardenArguments } from './dockwarden-arguments.ts'
import { type PageFolder, withVariables } from './page-folder.ts'
import { type ShellCommand, type ShellLine, shellLines } from './shell-lines.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** How else the command is called. */
const WRAPPED = /npx dockwarden|npm run (-s )?dockwarden --|node core\/main\.ts/g
/** What is typed where a command asks for a password. */
const PASSWORD = 'a-password-of-the-test'

/** How a line ended. */
export interface Ended {
  readonly status: number
  /** Standard output. */
  readonly printed: string
  /** That and standard error. */
  readonly said: string
}

export class CommandRunner {
  readonly #place: PageFolder
  readonly #variables: Record<string, string> = {}

  constructor(place: PageFolder) {
    this.#place = place
  }

  /** As a text stands in the folder. */
  moved(text: string): string {
    return this.#place.moved(text)
  }

  async run(line: ShellLine): Promise<Ended> {
    const text = this.moved(line.text)
    const [{ commands }] = shellLines(text) as [ShellLine]
    const [first, second] = commands as [ShellCommand, ShellCommand?]
    if (commands.length === 1 && first.words[0] === 'export') {
      for (const word of first.words.slice(1)) this.#variables[word.split('=')[0]!] = word.split(/=(.*)/s)[1]!
      return { status: 0, printed: '', said: '' }
    }
    const folder = this.#folderOf(text)
    if (commands.length === 1 && isPlain(first)) return await this.#inProcess(first, folder)
    if (commands.length === 2 && first.words[0] === 'cd' && isPlain(second!) && !first.piped)
      return await this.#inProcess(second!, resolve(folder, first.words[1]!))
    return await this.shell(text.replaceAll(WRAPPED, 'dockwarden'), { folder })
  }

  /** Where a line runs: the repository's root where it is named from there. */
  #folderOf(text: string): string {
    return /\bcore\/main\.ts|\bnpm run\b|(^|\s)examples\//.test(text) ? this.#place.root : this.#place.own
  }

  async #inProcess({ words, into }: ShellCommand, folder: string): Promise<Ended> {
    const args = dockwardenArguments(words)!
    // It begins threads, which find their files from where the process is: it gets whole paths instead.
    const stays = args[0] === 'token'
    const given = stays ? args.map((word) => wholePath(folder, word)) : args
    const before = process.cwd()
    const printed: string[] = []
    const said: string[] = []
    const stream = (texts: string[]) => ({ write: (text: string) => void texts.push(text) })
    const config = { DOCKWARDEN_CONFIG: join(folder, 'config/dockwarden.yml') }
    try {
      if (!stays) process.chdir(folder)
      const status = await this.#withVariables(given, stays ? config : {}, async () => {
        if (given[0] !== 'serve')
          return await runCommandLine(given, { stdout: stream(printed), stderr: stream(said) })
        const { problems } = await examine(given.find((word, at) => at > 0 && !word.startsWith('-'))!)
        said.push(JSON.stringify(problems))
        return problems.length
      })
      if (into !== undefined) writeFileSync(resolve(folder, into), printed.splice(0).join(''))
      return { status, printed: printed.join(''), said: [...printed, ...said].join('') }
    } finally {
      process.chdir(before)
    }
  }

  async #withVariables<T>(
    args: readonly string[],
    more: Readonly<Record<string, string>>,
    task: () => Promise<T>,
  ): Promise<T> {
    const set = { ...this.#variables, ...more }
    const files = args
      .map((word) => resolve(word))
      .filter((path) => /\.ya?ml$/.test(path) && existsSync(path))
    const named = files.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/!env (\w+)/g)])
    const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!
    Object.defineProperty(process, 'stdin', { ...stdin, get: () => Readable.from([`${PASSWORD}\n`]) })
    Object.assign(process.env, set)
    try {
      return await withVariables(new Set(named.map(([, name]) => name!)), task)
    } finally {
      for (const name of Object.keys(set)) delete process.env[name]
      Object.defineProperty(process, 'stdin', stdin)
    }
  }

  /** In a shell, where `dockwarden` is this one. @param options of the shell */
  shell(
    text: string,
    { options = [], folder = this.#place.own }: { options?: readonly string[]; folder?: string } = {},
  ): Promise<Ended> {
    const commands = join(this.#place.root, '.bin')
    const main = join(commands, 'dockwarden')
    if (!existsSync(main)) {
      mkdirSync(commands)
      writeFileSync(main, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'core/main.ts')}" "$@"\n`)
      chmodSync(main, 0o755)
    }
    const env = {
      PASSWORD,
      ...process.env,
      ...this.#variables,
      PATH: [commands, process.env.PATH].join(delimiter),
    }
    return new Promise((done) => {
      const child = execFile(
        'bash',
        [...options, '-c', text],
        { cwd: folder, env, timeout: 60_000 },
        (_error, stdout, stderr) =>
          done({ status: child.exitCode ?? -1, printed: stdout, said: stdout + stderr }),
      )
      child.stdin!.on('error', () => {})
      child.stdin!.end()
    })
  }
}

/** A command of ours, without variables of its own and without pipes. */
function isPlain({ words, variables, piped }: ShellCommand): boolean {
  return dockwardenArguments(words) !== undefined && !piped && Object.keys(variables).length === 0
}

function wholePath(folder: string, word: string): string {
  return /[./]/.test(word) && existsSync(join(folder, word)) ? join(folder, word) : word
}
