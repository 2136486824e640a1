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
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Command, CommanderError } from 'commander'
import { commandTree } from '../../core/cli/command-line.ts'
import { CommandRunner } from './command-runner.ts'
import { dockwardenArguments } from './dockwarden-arguments.ts'
import type { PageFolder } from './page-folder.ts'
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
const NEEDS_MORE = /^(doctor|reload|guard|plugin(?!s)|completion|init(?! .*--yes))\b/
/** A negative answer is one. */
const MAY_SAY_NO = /^(explain|policy|user list|token revoke)\b/

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
  readonly #page: string
  readonly #runner: CommandRunner

  constructor(page: string, place: PageFolder) {
    this.#page = page
    this.#runner = new CommandRunner(place)
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
        if (read.length > 0 || !run || mark === 'not run' || !line.commands.every(isTried)) continue
        const { status, printed, said } = await this.#runner.run(line)
        if (status !== 0 && !(status === 1 && line.commands.some(maySayNo)))
          wrong.push(`${line.text}: ended with ${status}: ${said}`)
        else if (prints !== undefined && !printsAs(printed || said, this.#runner.moved(prints)))
          wrong.push(`${line.text}: printed ${said}`)
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
    const { status, said } = await this.#runner.shell(script, { options: ['-n'] })
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
}

function maySayNo({ words }: ShellCommand): boolean {
  return MAY_SAY_NO.test(dockwardenArguments(words)?.join(' ') ?? '')
}

/** Whether it can be run here. */
function isTried({ words }: ShellCommand): boolean {
  const args = dockwardenArguments(words)
  // What stands in a container or a cluster stays there.
  if (args)
    return !/^(docker|podman|kubectl|nerdctl|sudo)$/.test(words[0]!) && !NEEDS_MORE.test(args.join(' '))
  return words.length === 0 || TRIED.has(basename(words[0]!))
}
