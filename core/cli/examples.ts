// What stands below the options in the help of commands that have no file with examples of their own: how they are called, and how they end.
import type { Command } from 'commander'

const EXAMPLES: readonly (readonly [command: string, examples: string, status: string])[] = [
  [
    'serve',
    `dockwarden serve dockwarden.yml
  dockwarden serve --log-level debug dockwarden.yml
  dockwarden -alsologtostderr=true /config/auth_config.yml`,
    '0 stopped after all was answered, 1 after an exception that nobody caught, 2 wrong usage or configuration.',
  ],
  [
    'check',
    `dockwarden check dockwarden.yml
  dockwarden check /config/auth_config.yml --json`,
    '0 nothing is wrong (there may be warnings), 2 something is.',
  ],
  [
    'plugins',
    `dockwarden plugins dockwarden.yml
  dockwarden plugins --json`,
    '0 shown, 2 wrong usage or configuration.',
  ],
  [
    'plugin list',
    `dockwarden plugin list dockwarden.yml
  dockwarden plugin list --json`,
    '0 shown, 2 wrong usage or configuration.',
  ],
  [
    'reload',
    `dockwarden reload
  dockwarden reload --config /etc/dockwarden/dockwarden.yml
  docker exec auth dockwarden reload --json

What is different now stands on standard output, a line each.`,
    '0 in force, 2 the file is wrong and nothing has changed.',
  ],
  [
    'key generate',
    `dockwarden key generate
  dockwarden key generate --config /etc/dockwarden/dockwarden.yml`,
    '0 made, 1 there are keys already, 2 wrong usage or configuration.',
  ],
  [
    'key rotate',
    `dockwarden key rotate
  dockwarden key rotate --wait 1h`,
    '0 issued, 1 a key waits already, or there is none to replace, 2 wrong usage or configuration.',
  ],
  [
    'key list',
    `dockwarden key list
  dockwarden key list --json`,
    '0 shown, 1 there are none yet, 2 wrong usage or configuration.',
  ],
  [
    'key export',
    `dockwarden key export --format bundle > token-ca.crt
  dockwarden key export --format jwks > jwks.json
  docker exec auth dockwarden key export --format certificate > token.crt`,
    '0 printed, 1 there are no keys yet, or none has a certificate, 2 wrong usage or configuration.',
  ],
  [
    'token create',
    `dockwarden token create --account alice --authenticator htpasswd --name laptop
  dockwarden token create --account ci --label group=builders --expires 365d --allow 'repository:team/*:pull,push'

The token stands alone on standard output.`,
    '0 made, 1 the authenticator does not know the account, 2 wrong usage or configuration.',
  ],
  [
    'token list',
    `dockwarden token list --account alice
  dockwarden token list --all --json`,
    '0 shown, 2 wrong usage or configuration.',
  ],
  [
    'token revoke',
    `dockwarden token revoke 0123456789abcdef0123
  dockwarden token revoke --account alice --client docker
  printf %s "$TOKEN" | dockwarden token revoke -`,
    '0 ended, 1 one that was named is not there, or none fits, 2 wrong usage or configuration.',
  ],
  [
    'guard list',
    `dockwarden guard list
  dockwarden guard list --account alice --json`,
    '0 shown, 2 wrong usage, or no server answers.',
  ],
  [
    'guard clear',
    `dockwarden guard clear --account alice
  dockwarden guard clear --network 192.0.2.1`,
    '0 forgotten, 1 there was nothing, 2 wrong usage, or no server answers.',
  ],
]

/** Adds them to the help. */
export function addExamples(program: Command): void {
  for (const [names, examples, status] of EXAMPLES) {
    const command = names
      .split(' ')
      .reduce((group, name) => group.commands.find((one) => one.name() === name)!, program)
    command.addHelpText(
      'after',
      `\nExamples:\n  ${examples}${examples.includes('\n\n') ? ' ' : '\n\n'}Exit status: ${status}`,
    )
  }
}
