// `dockwarden completion`: what Tab offers in a shell. Here its command line; the shells ask `dockwarden __complete` each time, which
// answers from the commands themselves, so that nothing has to be kept in step.
import { Argument, type Command } from 'commander'
import type { Output } from './output.ts'

/** What the shells call, with the words of the line behind `--`: the last one is being typed. */
export const COMPLETE = '__complete'
const SHELLS = ['bash', 'zsh', 'fish'] as const

const EXAMPLES = `
Examples:
  dockwarden completion bash > /etc/bash_completion.d/dockwarden
  eval "$(dockwarden completion bash)"                                  # in ~/.bashrc
  dockwarden completion zsh > "\${fpath[1]}/_dockwarden"                 # before compinit
  dockwarden completion fish > ~/.config/fish/completions/dockwarden.fish`

/**
 * Adds the commands. All others must be there by then, or come before Tab is pressed.
 *
 * @param configFile the configuration's file, as it was named or by default
 * @param ended takes the exit status
 */
export function addCompletionCommands(
  program: Command,
  output: Output,
  configFile: (name: string | undefined) => string,
  ended: (status: number) => void,
): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options, ids and files')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { scriptOf } = await import('./completion/scripts.ts')
      output.stdout.write(scriptOf(shell, COMPLETE))
      ended(0)
    })
  program
    .command(COMPLETE, { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { completionsOf, linesOf } = await import('./completion/complete.ts')
      output.stdout.write(linesOf(await completionsOf(program, words, configFile)))
      ended(0)
    })
}
