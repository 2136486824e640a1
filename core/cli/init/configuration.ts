// The configuration that `dockwarden init` writes.
import type { Answers } from './answers.ts'
import { yaml } from './text.ts'

/** The file of the users, beside the configuration. */
export const USERS_FILE = 'users.htpasswd'
/** What the registry is called in tokens and rules. */
export const SERVICE = 'registry'
export const ISSUER = 'Dockwarden'

/** @param pair where the server finds its certificate and key; undefined: it makes them itself */
export function configuration(answers: Answers, pair: Answers['tls']): string {
  const { user, port, host, run, registry } = answers
  const open = run === 'compose' || host !== 'localhost'
  return `# Dockwarden, as \`dockwarden init\` made it. Change what you like: \`dockwarden check\` says what is wrong.
server:
  listen: ${yaml(`${open ? '' : '127.0.0.1'}:${port}`)}${open ? '' : ' # this machine only; ":5001" is for others, too'}
${pair === undefined ? '  tls: auto # a self-signed certificate for localhost, in the state directory' : `  tls: { certificate: ${yaml(pair.certificate)}, key: ${yaml(pair.key)} } # read again when they are renewed`}
  # The keys that sign tokens, and the tokens that can be renewed. Whoever reads it can sign: keep its mode (0700), and a copy.
  state_dir: var

token:
  issuer: ${yaml(ISSUER)} # the registry's settings name it, too
  expiration: 15m

# Who somebody is: asked in this order.
authenticators:
  # One user a line; it is read again when it changes.
  #   dockwarden user add NAME --file ${USERS_FILE}
  - plugin: htpasswd
    options:
      file: ${USERS_FILE}

# Who may do what: the first rule that matches decides, and what no rule grants is denied.
#   dockwarden explain dockwarden.yml --account NAME repository:NAME/app:pull,push
authorizers:
  - plugin: acl
    options:
      rules:
        - match: { account: ${yaml(user)} }
          actions: ["*"]
          comment: the first user may do everything
        - match: { account: "/.+/", name: "\${account}/**" }
          actions: ["*"]
          comment: everybody owns what is below the own name, at any depth
        - match: { account: "/.+/", name: "/.+/" }
          actions: [pull]
          comment: everybody may pull
${registry === 'zot' ? CATALOG_OF_ZOT : ''}`
}

const CATALOG_OF_ZOT = `        - match: { account: "/.+/", type: repository, name: "" }
          actions: [pull]
          comment: zot asks for an empty name before it shows its catalog
`
