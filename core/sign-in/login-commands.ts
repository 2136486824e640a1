// The commands that log a registry client in. The password is never part of one: the client asks for it.

/** What a POSIX shell, PowerShell and cmd take as it is. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._@:/+-]*$/
/** Stands where the registry's name is not known; also a word that every shell takes as it is. */
const PLACEHOLDER = 'REGISTRY'

export interface LoginCommand {
  readonly client: string
  /** Quoted for a shell where that is needed; with a space between each, they are the command. */
  readonly words: readonly string[]
}

/**
 * One command for each client.
 *
 * @param registry host and port; undefined = `REGISTRY` stands in its place
 * @example loginCommands('alice', 'registry.example.com')[0].words // ['docker', 'login', '--username', 'alice', 'registry.example.com']
 */
export function loginCommands(account: string, registry: string | undefined): LoginCommand[] {
  const end = ['--username', shellWord(account), shellWord(registry ?? PLACEHOLDER)]
  return [
    { client: 'docker', words: ['docker', 'login', ...end] },
    { client: 'podman', words: ['podman', 'login', ...end] },
    { client: 'nerdctl', words: ['nerdctl', 'login', ...end] },
    { client: 'helm', words: ['helm', 'registry', 'login', ...end] },
  ]
}

/** One word of a command line: in single quotes where a shell could read more in it. */
function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
