// Shell commands as pages show them, taken apart as far as is needed to know which programs they run.

/** A line of commands, and each of them. */
export interface ShellLine {
  /** As a shell takes it, without its comment. */
  readonly text: string
  readonly commands: readonly ShellCommand[]
}

/** One program and what it is given. */
export interface ShellCommand {
  readonly variables: Readonly<Record<string, string>>
  readonly words: readonly string[]
  /** The file that gets what it prints. */
  readonly into: string | undefined
  /** Whether it reads, or writes, anything else than that and the terminal. */
  readonly piped: boolean
}

const COMMENT = /(^|\s)#\s.*$|^#.*$/
const HERE_DOCUMENT = /<<\s*['"]?(\w+)['"]?/
/** What only holds other commands together. */
const HEADS = new Set(['do', 'then', 'else', 'if', 'while', 'until', '!', '{', '}', 'done', 'fi', 'time'])
const WORD = /(?:'[^']*'|"(?:\\.|\$\([^)]*\)|[^"\\])*"|\\.|\$\([^)]*\)|[^\s'"\\|&;<>()])+/y
const OPERATOR = /&&|\|\||\d?>&\d|\d?>>?|<<?|[|&;()\n]/y

/** @param script several lines; one that ends with a backslash, in quotes, in a loop or with a here-document goes on in the next */
export function shellLines(script: string): ShellLine[] {
  const rest = script.replaceAll(/\\\n\s*/g, '').split('\n')
  const lines: ShellLine[] = []
  while (rest.length > 0) {
    let text = rest.shift()!.replace(COMMENT, '').trim()
    if (text === '') continue
    while (rest.length > 0 && (isOpen(text) || commandsOf(text) === undefined)) text += `\n${rest.shift()}`
    const commands = commandsOf(text)
    if (commands === undefined) throw new Error(`can't be taken apart: ${text}`)
    const end = HERE_DOCUMENT.exec(text)?.[1]
    if (end !== undefined) text += `\n${rest.splice(0, rest.indexOf(end) + 1).join('\n')}\n`
    lines.push({ text, commands })
  }
  return lines
}

/** Whether a loop or a condition has not ended yet. */
function isOpen(text: string): boolean {
  const count = (words: string) => [...text.matchAll(new RegExp(`(^|[;\\n])\\s*(${words})\\b`, 'g'))].length
  return count('for|while|until|if|case') > count('done|fi|esac')
}

/** @returns undefined for what is no whole line yet */
function commandsOf(line: string): ShellCommand[] | undefined {
  const commands: { words: string[]; into?: string | undefined; piped: boolean }[] = [
    { words: [], piped: false },
  ]
  const inner: ShellCommand[] = []
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const [found] = pattern.exec(line) ?? []
    at += found?.length ?? 0
    return found
  }
  while (at < line.length) {
    if (take(/[^\S\n]+/y) !== undefined) continue
    const last = commands.at(-1)!
    // `2>` is no word.
    const operator = /^\d?[<>]/.test(line.slice(at)) ? take(OPERATOR) : undefined
    const word = operator === undefined ? take(WORD) : undefined
    if (word !== undefined) {
      last.words.push(unquoted(word))
      for (const [, held] of word.startsWith("'") ? [] : word.matchAll(/\$\(([^)]*)\)/g))
        inner.push(...(commandsOf(held!) ?? []))
      continue
    }
    const found = operator ?? take(OPERATOR)
    if (found === undefined) return undefined
    if (/[<>]/.test(found)) {
      take(/\s+/y)
      const file = found.includes('&') ? undefined : take(WORD)
      if (found === '>') last.into = file && unquoted(file)
      else last.piped ||= !found.startsWith('2')
    } else {
      if (found === '|') last.piped = true
      commands.push({ words: [], piped: found === '|' })
    }
  }
  const own = commands
    .map(({ words: all, into, piped }) => {
      const head = all.findIndex((word) => !HEADS.has(word))
      const words = head === -1 ? [] : all.slice(head)
      const variables = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word))
      const given = words.slice(0, variables === -1 ? words.length : variables)
      return {
        variables: Object.fromEntries(given.map((word) => word.split(/=(.*)/s, 2) as [string, string])),
        words: words.slice(given.length),
        into,
        piped,
      }
    })
    .filter(({ words, variables }) => words.length > 0 || Object.keys(variables).length > 0)
  return [...own, ...inner]
}

function unquoted(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
    (_, single, double, escaped) => single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped,
  )
}
