// docs/reference/commands.md: what each command says of itself with --help.
import type { Command } from 'commander'
import { commandTree } from '../../core/cli/command-line.ts'

const WIDTH = 100
const HEAD = `# Commands

Made by \`npm run schema\` from the commands themselves: do not edit it here. [The short list](../commands.md). Results stand on standard output, all else on standard error. Exit status, unless said otherwise: 0 fine, 1 a
negative answer, 2 wrong usage or configuration.`

export function commandsPage(): string {
  const silent = { write: () => true, isTTY: false }
  const program = commandTree({ stdout: silent, stderr: silent }, () => {})
  const parts = all(program, '').map(
    ([name, command]) => `## ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``,
  )
  return `${[HEAD, ...parts].join('\n\n')}\n`
}

function all(command: Command, before: string): [name: string, command: Command][] {
  const name = `${before}${command.name()}`
  const visible = command.createHelp().visibleCommands(command)
  const inner = visible.filter((one) => one.name() !== 'help').flatMap((one) => all(one, `${name} `))
  return [[name, command], ...inner]
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text.trim()
}
