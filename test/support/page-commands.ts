// Judges the commands that the documentation shows, in blocks of `sh` and `console`, and `dockwarden ...` in a sentence. Of each
// program the list below says what is done with it here; one that stands in none is a failure.
//
//   dockwarden ...     is read by the real command line, and run in the page's folder, but for what NEEDS_MORE names
//   npm run, ./file    the script, or the file, must be there
//   TRIED              is run as it stands
//   ELSEWHERE          is not there where tests run, or needs a server: other tests run what pages do with it
//
// <!-- check: not run --> above a block: nothing of it is run, but all of it is read. In a `console` block, what stands below a
// command that is run must be what it prints; `...` stands for anything in a line.
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { type Command, CommanderError } from 'commander'
import { examine } from '../../core/cli/check.ts'
import { commandTree, runCommandLine } from '../../core/cli/command-line.ts'
import { type PageFolder, withVariables } from './page-folder.ts'
import { type Block, commandsOf, printsAs } from './pages.ts'
import { type ShellCommand, type ShellLine, shellLines } from './shell-lines.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SCRIPTS = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts

const TRIED = new Set(
  'openssl printf echo cat cp mkdir chmod cut rm umask cd export unset grep head tail wc jq id sed make-ssl.sh'.split(
    ' ',
  ),
)
const ELSEWHERE = new Set(
  `docker docker-registry podman kubectl helm systemctl journalctl apt-get npm npx git install useradd chown htpasswd promtool
  prometheus curl skopeo crane oras nerdctl ctr regctl cosign buildctl zot ldapsearch redis-cli psql sqlite3 mongosh node caddy nginx
  haproxy traefik df tee eval alias for case read sleep wait kill ls find diff xargs awk sort uniq test true [ rsync tar date watch`.split(
    /\s+/,
  ),
)
/** Commands that need a running server, the network or a person, or that tests of docs/plugins run; serve is checked. */
const NEEDS_MORE = /^(doctor|reload|guard|plugin|plugins|completion|init(?! .*--yes))\b/
/** A negative answer is one. */
const MAY_SAY_NO = /^(explain|policy|user list|token revoke)\b/
/** How else the command is called. */
const WRAPPED = /npx dockwarden|npm run (-s )?dockwarden --|node core\/main\.ts/g
const GLOG = /^--?(alsologtostderr|log_dir|v)\b/

/** What `dockwarden` is given, wherever it runs; undefined for another program. */
export function dockwardenArguments(words: readonly string[]): readonly string[] | undefined {
  const text = words.join(' ')
  const wrapped =
    /^((sudo( -u \S+)? )?(dockwarden|npx dockwarden|npm run (-s )?dockwarden --|node core\/main\.ts)( |$)|(docker|podman|kubectl|nerdctl) (compose )?(exec|run) )/
  const found = wrapped.exec(text)
  if (!found) return undefined
  const own = words.findIndex((word) => /^(dockwarden(:\S+)?|core\/main\.ts|deploy\/dockwarden)$/.test(word))
  if (own === -1) return undefined
  const rest = words.slice(own + 1)
  // An image or a pod of that name, in which the command is called by its name again.
  const again = rest.indexOf('dockwarden')
  const args = (again === -1 ? rest : rest.slice(again + 1)).slice(rest[0] === '--' && again === -1 ? 1 : 0)
  const plain = args.filter((word) => !GLOG.test(word))
  return /^[^-].*[./]/.test(plain[0] ?? '') ? ['serve', ...plain] : plain
}

/** @param lenient a mention in a sentence: what is required may be missing @returns what the real command line says against it */
export async function misread(args: readonly string[], lenient = false): Promise<string | undefined> {
  let said = ''
  const write = (text: string) => {
    said += text
  }
  const tree = commandTree({ stdout: { write }, stderr: { write } }, () => {})
  if (args.length === 0) return undefined
  withoutActions(tree)
  try {
    await tree.parseAsync(args, { from: 'user' })
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const fine = [
      'commander.help',
      'commander.helpDisplayed',
      'commander.version',
      'commander.missingArgument',
      'commander.missingMandatoryOptionValue',
    ]
    if (lenient && /argument '[A-Z]+' is invalid/.test(error.message)) return undefined
    if (error.exitCode === 0 || (lenient && fine.includes(error.code))) return undefined
    return said.trim() || error.message
  }
}

function withoutActions(command: Command): void {
  for (const child of command.commands) {
    if (child.commands.length === 0) child.action(() => {})
    withoutActions(child)
  }
}

/** Runs what a page shows, block after block. */
export class PageCommands {
  readonly #place: PageFolder
  readonly #page: string
  readonly #variables: Record<string, string> = {}

  constructor(page: string, place: PageFolder) {
    this.#page = page
    this.#place = place
  }

  /** @returns what is wrong with a block */
  async judge({ language, text, mark }: Block, run: boolean): Promise<string[]> {
    if (text.startsWith('#!')) return await this.#syntax(text)
    const shown =
      language === 'sh' ? [{ command: text, prints: undefined }] : commandsOf([{ language, text }])
    const wrong = await this.#syntax(shown.map(({ command }) => command).join('\n'))
    if (wrong.length > 0) return wrong
    for (const { command, prints } of shown) {
      for (const line of shellLines(command)) {
        const read = await this.#read(line)
        wrong.push(...read)
        if (read.length === 0 && run && mark !== 'not run') wrong.push(...(await this.#run(line, prints)))
      }
    }
    return wrong
  }

  async #read({ text, commands }: ShellLine): Promise<string[]> {
    const wrong: string[] = []
    for (const { words } of commands) {
      const args = dockwardenArguments(words)
      const said = args ? await misread(args) : this.#unknown(words)
      if (said !== undefined) wrong.push(`${text}: ${said}`)
    }
    return wrong
  }

  async #syntax(script: string): Promise<string[]> {
    const { status, said } = await this.#shell(script, ['-n'])
    return status === 0 ? [] : [said]
  }

  /** @returns what is wrong with a program of somebody else */
  #unknown(given: readonly string[]): string | undefined {
    const [program, ...rest] = given[0] === 'sudo' ? given.slice(1) : given
    if (program === undefined) return undefined
    if (program === 'npm') {
      const script = rest[0] === 'run' ? rest.find((word, at) => at > 0 && !word.startsWith('-')) : undefined
      return script === undefined || script in SCRIPTS ? undefined : `there is no script ${script}`
    }
    if (program === 'bash' || program === 'sh' || program.includes('/')) {
      const path = program.includes('/') ? program : rest.find((word) => !word.startsWith('-'))!
      return [ROOT, join(ROOT, dirname(this.#page))].some((from) => existsSync(join(from, path)))
        ? undefined
        : `there is no ${path}`
    }
    if (TRIED.has(program) || ELSEWHERE.has(program)) return undefined
    return `${program} is in none of the lists of test/support/page-commands.ts, which say what is done with it`
  }

  async #run(line: ShellLine, prints?: string): Promise<string[]> {
    if (!line.commands.every((command) => isTried(command))) return []
    const text = this.#place.moved(line.text)
    const [{ commands }] = shellLines(text) as [ShellLine]
    const [first] = commands
    if (first!.words[0] === 'export' && commands.length === 1) {
      for (const word of first!.words.slice(1))
        this.#variables[word.split('=')[0]!] = word.split(/=(.*)/s)[1]!
      return []
    }
    const args = dockwardenArguments(first!.words)
    const alone = commands.length === 1 && args !== undefined && !first!.piped
    // These begin threads, which find nothing in another folder.
    const apart = args?.[0] === 'token' || Object.keys(first!.variables).length > 0
    const asks = alone && /^user (add|passwd)\b/.test(args.join(' ')) && !args.includes('--generate')
    const { status, said } =
      alone && !asks && !apart
        ? await this.#inProcess(args, text)
        : await this.#shell(
            text.replaceAll(WRAPPED, 'dockwarden'),
            [],
            asks ? 'a-password-of-the-test\n' : undefined,
          )
    const mayFail = commands.some(({ words }) => MAY_SAY_NO.test(dockwardenArguments(words)?.join(' ') ?? ''))
    const fine = status === 0 || (status === 1 && mayFail)
    if (fine && prints !== undefined && !printsAs(said, this.#place.moved(prints)))
      return [`${line.text}: printed ${said}`]
    return fine ? [] : [`${line.text}: ended with ${status}: ${said}`]
  }

  /** Where a line runs: the repository's root where it is named from there. */
  #cwd(text: string): string {
    return /\bcore\/main\.ts|\bnpm run\b|(^|\s)examples\//.test(text) ? this.#place.root : this.#place.own
  }

  async #inProcess(args: readonly string[], text: string): Promise<{ status: number; said: string }> {
    let said = ''
    const write = (more: string) => {
      said += more
    }
    const before = process.cwd()
    process.chdir(this.#cwd(text))
    try {
      return await this.#withVariables(args, async () => {
        if (args[0] === 'serve') {
          const { problems } = await examine(args.find((word, at) => at > 0 && !word.startsWith('-'))!)
          return { status: problems.length, said: JSON.stringify(problems) }
        }
        return { status: await runCommandLine(args, { stdout: { write }, stderr: { write } }), said }
      }).then((ended) => ({ ...ended, said: said || ended.said }))
    } finally {
      process.chdir(before)
    }
  }

  async #withVariables<T>(args: readonly string[], task: () => Promise<T>): Promise<T> {
    Object.assign(process.env, this.#variables)
    const files = args
      .map((word) => resolve(word))
      .filter((path) => /\.ya?ml$/.test(path) && existsSync(path))
    const named = files.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/!env (\w+)/g)])
    try {
      return await withVariables(new Set(named.map(([, name]) => name!)), task)
    } finally {
      for (const name of Object.keys(this.#variables)) delete process.env[name]
    }
  }

  #shell(
    text: string,
    options: readonly string[],
    input?: string,
  ): Promise<{ status: number; said: string }> {
    const commands = join(this.#place.root, '.bin')
    const main = join(commands, 'dockwarden')
    if (!existsSync(main)) {
      mkdirSync(commands)
      writeFileSync(main, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'core/main.ts')}" "$@"\n`)
      chmodSync(main, 0o755)
    }
    const env = {
      PASSWORD: 'a-password-of-the-test',
      ...process.env,
      ...this.#variables,
      PATH: [commands, process.env.PATH].join(delimiter),
    }
    return new Promise((done) => {
      const child = execFile(
        'bash',
        [...options, '-c', text],
        { cwd: this.#cwd(text), env, timeout: 60_000 },
        (_error, stdout, stderr) => done({ status: child.exitCode ?? -1, said: stdout + stderr }),
      )
      child.stdin!.on('error', () => {})
      child.stdin!.end(input)
    })
  }
}

/** Whether it can be run here. */
function isTried({ words }: ShellCommand): boolean {
  const args = dockwardenArguments(words)
  // What stands in a container or a cluster stays there.
  if (args)
    return !/^(docker|podman|kubectl|nerdctl|sudo)$/.test(words[0]!) && !NEEDS_MORE.test(args.join(' '))
  return words.length === 0 || TRIED.has(basename(words[0]!))
}
