// What could stand at the end of an unfinished command line, read from the commands themselves.
import type { Argument, Command, Help, Option } from 'commander'
import { idsFor, usersOf } from './names.ts'

/** What is offered. */
export interface Completions {
  readonly values: readonly Value[]
  /** What the shell adds by itself. */
  readonly also: 'files' | 'folders' | 'nothing'
}

/** Something that may be written, and what it is. */
interface Value {
  readonly text: string
  readonly about: string
}

/** A line that has been read up to its last word. */
interface Line {
  readonly command: Command
  /** Options that stand there, by their attribute's name, with the last value that was given. */
  readonly given: ReadonlyMap<string, string>
  /** Arguments before the last word. */
  readonly before: readonly string[]
  /** The option whose value the last word is. */
  readonly pending: Option | undefined
  /** Behind --, where nothing is an option. */
  readonly noOptions: boolean
  /** Behind help, where only commands are. */
  readonly help: boolean
}

const NOTHING: Completions = { values: [], also: 'nothing' }
const FILES: Completions = { values: [], also: 'files' }

/**
 * @param words of the line, without the program's name; the last is being typed, and may be empty
 * @param configFile the configuration's file, as it was named or by default
 */
export async function completionsOf(
  program: Command,
  words: readonly string[],
  configFile: (name: string | undefined) => string,
): Promise<Completions> {
  const current = words.at(-1) ?? ''
  const line = readLine(program, words.slice(0, -1))
  const { command, before, pending, noOptions } = line
  const help = command.createHelp()
  const config = () => configFile(line.given.get('config') ?? (ownsFile(command) ? before[0] : undefined))
  if (pending) return beginning(current, await valuesOf(pending, line, config))
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? []
  if (name !== undefined && !noOptions) {
    const option = help.visibleOptions(command).find((one) => one.long === name)
    return option ? beginning(value!, await valuesOf(option, line, config), `${name}=`) : NOTHING
  }
  if (current.startsWith('-') && !noOptions)
    return beginning(current, { values: optionsOf(line, help), also: 'nothing' })
  const commands = before.length === 0 ? commandsOf(command, help) : []
  const argument = line.help ? undefined : argumentAt(command, before.length)
  // docker_auth's own command line is a file alone.
  const alone = command === program && /[./]/.test(current) ? FILES : NOTHING
  const values = argument ? await valuesOf(argument, line, config) : alone
  return beginning(current, { ...values, values: [...commands, ...values.values] })
}

/**
 * As the shells read it: a value and what it is on each line, then what the shell adds.
 *
 * @example linesOf({ values: [{ text: 'serve', about: 'run the server' }], also: 'nothing' }) // 'serve\trun the server\n:nothing\n'
 */
export function linesOf({ values, also }: Completions): string {
  const lines = values
    .filter(({ text }) => !/[\n\t]/.test(text))
    .map(({ text, about }) => `${text}\t${about.replace(/\s+/g, ' ')}\n`)
  return `${lines.join('')}:${also}\n`
}

function readLine(program: Command, words: readonly string[]): Line {
  let command = program
  let pending: Option | undefined
  let noOptions = false
  let help = false
  const given = new Map<string, string>()
  let before: string[] = []
  for (const word of words) {
    if (pending) {
      given.set(pending.attributeName(), word)
      pending = undefined
    } else if (word === '--' && !noOptions) noOptions = true
    else if (word.startsWith('-') && word !== '-' && !noOptions) {
      const [name, value] = word.split(/=(.*)/s)
      const option = command.options.find(({ long, short }) => long === name || short === name)
      if (option && (value !== undefined || !takesValue(option)))
        given.set(option.attributeName(), value ?? '')
      else pending = option
    } else {
      const inner = before.length === 0 ? command.commands.find((one) => one.name() === word) : undefined
      if (inner) command = inner
      else if (word === 'help' && before.length === 0 && command.commands.length > 0) help = true
      else before = [...before, word]
    }
  }
  return { command, given, before, pending, noOptions, help }
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

function commandsOf(command: Command, help: Help): Value[] {
  return help
    .visibleCommands(command)
    .map((one) => ({ text: one.name(), about: help.subcommandDescription(one) }))
}

/** Those that are not there yet, or may be there again. */
function optionsOf({ command, given }: Line, help: Help): Value[] {
  return help
    .visibleOptions(command)
    .filter((option) => !given.has(option.attributeName()) || Array.isArray(option.defaultValue))
    .map((option) => ({ text: option.long ?? option.short ?? '', about: option.description }))
}

function argumentAt(command: Command, place: number): Argument | undefined {
  const last = command.registeredArguments.at(-1)
  return command.registeredArguments[place] ?? (last?.variadic ? last : undefined)
}

/** Whether its first argument is the configuration. */
function ownsFile(command: Command): boolean {
  return command.registeredArguments[0]?.name() === 'file' || command.name() === 'explain'
}

/** Options whose value is an id of the configuration. */
const IDS: ReadonlyMap<string, 'authenticator' | 'plugin'> = new Map([
  ['authenticator', 'authenticator'],
  ['id', 'plugin'],
])

/** What an option or an argument may be: its choices, or what its name stands for. */
async function valuesOf(
  of: Option | Argument,
  { command, given, before }: Line,
  config: () => string,
): Promise<Completions> {
  const choices = of.argChoices
  if (choices) return { values: choices.map((text) => ({ text, about: '' })), also: 'nothing' }
  const isOption = 'long' in of
  const name = isOption ? of.attributeName() : of.name()
  // The words of explain are a file, and then scopes.
  if (name === 'words') return { values: [], also: before.length === 0 ? 'files' : 'nothing' }
  const placeholder = isOption ? (/[<[]([^\]>.]+)/.exec(of.flags)?.[1] ?? '') : name
  if (/^(file|files|old|new)$/.test(placeholder)) return FILES
  if (/^(folder|directory)$/.test(placeholder)) return { values: [], also: 'folders' }
  const which = IDS.get(name)
  if (which) {
    const ids = await idsFor(config(), which)
    return { values: ids.map(([text, about]) => ({ text, about })), also: 'nothing' }
  }
  const file = given.get('file')
  if (
    command.parent?.name() === 'user' &&
    name === 'name' &&
    command.name() !== 'add' &&
    file !== undefined
  ) {
    return { values: (await usersOf(file)).map((text) => ({ text, about: '' })), also: 'nothing' }
  }
  return NOTHING
}

function beginning(current: string, { values, also }: Completions, before = ''): Completions {
  const fitting = values.filter(({ text }) => text.startsWith(current))
  return { values: fitting.map(({ text, about }) => ({ text: `${before}${text}`, about })), also }
}
