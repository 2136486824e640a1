// The commands that log a registry client in. The password is never part of one: the client asks for it, or reads it.

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
  const [user, server] = [shellWord(account), shellWord(registry ?? PLACEHOLDER)]
  const end = ['--username', user, server]
  return [
    { client: 'docker', words: ['docker', 'login', ...end] },
    { client: 'podman', words: ['podman', 'login', ...end] },
    { client: 'nerdctl', words: ['nerdctl', 'login', ...end] },
    { client: 'helm', words: ['helm', 'registry', 'login', ...end] },
    { client: 'skopeo', words: ['skopeo', 'login', ...end] },
    // These two ask for nothing, but read it.
    { client: 'crane', words: ['crane', 'auth', 'login', '--username', user, '--password-stdin', server] },
    {
      client: 'kubectl',
      words: [
        ...['kubectl', 'create', 'secret', 'docker-registry', 'registry'],
        ...[`--docker-server=${server}`, `--docker-username=${user}`, '--docker-password="$(cat)"'],
      ],
    },
  ]
}

/** One word of a command line: in single quotes where a shell could read more in it. */
function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
