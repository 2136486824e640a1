// The three kinds of plugins as their authors begin: source, test, and what an example configuration says of them.
import type { PluginKind } from '../../plugin.ts'

/** What a new plugin of a kind consists of. */
export interface Beginning {
  /** What it says, in a sentence that begins with its name. */
  readonly purpose: string
  readonly source: (name: string) => string
  /** @param how how it is run */
  readonly test: (name: string, how: string) => string
  /** The lists of an example configuration. @param plugin as it is written there */
  readonly lists: (plugin: string) => string
  /** Of `plugin try`: what is asked. */
  readonly asked: string
  /** Whether that takes a password. */
  readonly password: boolean
  /** What the example grants of {@link SCOPE}. */
  readonly granted: string
}

/** The one user of the example; a password that nobody knows is made for each. */
export const USER = 'ann'
export const PASSWORD_FILE = 'ann.password'
/** What the example asks for. */
export const SCOPE = 'repository:ann/app:pull,push'

const STATIC = `authenticators:
  - plugin: static
    options:
      users:
        ${USER}: { password: !file ${PASSWORD_FILE} }
`

const AUTHENTICATOR: Beginning = {
  purpose: 'says who somebody is: it accepts accounts with a password each',
  asked: `--account ${USER}`,
  password: true,
  granted: 'pull',
  source: (
    name,
  ) => `// ${name}: says who somebody is. Put your own backend in the place of the list of accounts.
import { accept, type Authenticator, definePlugin, labels, mapOf, NO_LABELS, pass, reject, secret, z } from 'dockwarden/plugin'

const account = z.strictObject({
  password: secret().describe('Its password: !env NAME or !file PATH.'),
  labels: labels().default(NO_LABELS).describe('What rules may ask for.'),
})

export default definePlugin({
  api: 1,
  kind: 'authenticator',
  name: '${name}',
  options: z.strictObject({ accounts: mapOf(account).describe('The accounts by name.') }),

  // Called at the start, and by dockwarden check: read files here, but ask nothing over the network yet.
  create({ accounts }, host): Authenticator {
    return {
      // The answer depends on account and password alone: a burst of the same login is one question.
      answersFrom: 'password',

      async authenticate({ account, password }, request) {
        // Over HTTP: await host.http.json(url, schema, { signal: request.signal }). What throws is an outage (503), never a wrong password.
        const found = accounts.get(account)
        if (!found) return pass // not mine: the next authenticator is asked
        if (!found.password.equals(password)) return reject('wrong password')
        request.log.debug({ account }, 'let in')
        return accept({ labels: found.labels })
      },
    }
  },
})
`,
  test: (_, how) => `${how}import { Secret } from 'dockwarden/plugin'
import { conformance } from 'dockwarden/testing'
import plugin from './${_}.ts'

const PASSWORD = 'a password of ann'

conformance(plugin, {
  runner: { describe, it },
  options: () => ({ accounts: { ann: { password: new Secret(PASSWORD), labels: { group: 'makers' } } } }),
  invalid: [
    { options: { accounts: { ann: { password: PASSWORD } } }, path: 'accounts.ann.password', message: /!env/ },
  ],
  accepts: [{ account: 'ann', password: PASSWORD, labels: { group: ['makers'] } }],
  rejects: [{ account: 'ann', password: 'another password' }],
  passes: [{ account: 'bob', password: PASSWORD }],
})
`,
  lists: (plugin) => `authenticators:
  - plugin: ${plugin}
    options:
      accounts:
        ${USER}: { password: !file ${PASSWORD_FILE}, labels: { group: makers } }
authorizers:
  - plugin: acl
    options:
      rules:
        - match: { labels: { group: makers } }
          actions: [pull]
`,
}

const LABELER: Beginning = {
  purpose: 'says what is known of an account: the teams that it is in',
  asked: `--account ${USER}`,
  password: false,
  granted: 'pull',
  source: (
    name,
  ) => `// ${name}: says what is known of an account. Put your own backend in the place of the list of teams.
import { definePlugin, type Labeler, mapOf, NO_LABELS, z } from 'dockwarden/plugin'

export default definePlugin({
  api: 1,
  kind: 'labeler',
  name: '${name}',
  options: z.strictObject({ teams: mapOf(z.array(z.string())).describe('The members of each team.') }),

  // Called at the start, and by dockwarden check: read files here, but ask nothing over the network yet.
  create({ teams }, host): Labeler {
    return {
      async label({ account }, request) {
        // Over HTTP: await host.http.json(url, schema, { signal: request.signal }); host.cache keeps answers. What throws is an outage (503).
        const own = [...teams].flatMap(([team, members]) => (members.includes(account) ? [team] : []))
        request.log.debug({ account, own }, 'looked for its teams')
        // A label that is missing grants nothing.
        return own.length > 0 ? { team: own } : NO_LABELS
      },
    }
  },
})
`,
  test: (name, how) => `${how}import { conformance } from 'dockwarden/testing'
import plugin from './${name}.ts'

conformance(plugin, {
  runner: { describe, it },
  options: () => ({ teams: { web: ['ann', 'bob'], api: ['ann'] } }),
  invalid: [{ options: { teams: { web: 'ann' } }, path: 'teams.web', message: /array/ }],
  labels: [
    { identity: { account: 'ann' }, expect: { team: ['web', 'api'] } },
    { identity: { account: 'bob' }, expect: { team: ['web'] } },
    { identity: { account: 'eve' }, expect: {} },
  ],
})
`,
  lists: (plugin) => `${STATIC}labelers:
  - plugin: ${plugin}
    options:
      teams: { web: [${USER}] }
authorizers:
  - plugin: acl
    options:
      rules:
        - match: { labels: { team: web } }
          actions: [pull]
`,
}

const AUTHORIZER: Beginning = {
  purpose:
    'says what an account may do: everything below its own name, and nothing below the names of others',
  asked: `--account ${USER} ${SCOPE}`,
  password: false,
  granted: 'pull,push',
  source: (
    name,
  ) => `// ${name}: says what an account may do. Put your own rules in the place of those on names.
import { type Authorizer, definePlugin, deny, grant, pass, z } from 'dockwarden/plugin'

export default definePlugin({
  api: 1,
  kind: 'authorizer',
  name: '${name}',
  options: z.strictObject({
    shared: z.array(z.string()).default([]).describe('Names that are not of an account, such as library.'),
  }),

  // Called at the start, and by dockwarden check: read files here, but ask nothing over the network yet.
  create({ shared }, host): Authorizer {
    return {
      async authorize({ type, name, actions }, request) {
        // Over HTTP: await host.http.json(url, schema, { signal: request.signal }). What throws is an outage (503), never a denial.
        const [owner, ...rest] = name.split('/')
        if (type !== 'repository' || rest.length === 0 || shared.includes(owner!)) return pass // not mine: the next one is asked
        request.log.debug({ owner }, 'looked at the name')
        // An account may be empty: a client without credentials.
        return owner === request.account ? grant(actions, 'own name') : deny('the name of another')
      },
    }
  },
})
`,
  test: (name, how) => `${how}import { deny, grant, pass } from 'dockwarden/plugin'
import { conformance } from 'dockwarden/testing'
import plugin from './${name}.ts'

const repository = (name: string) => ({ type: 'repository', name, actions: ['pull', 'push'] })

conformance(plugin, {
  runner: { describe, it },
  options: () => ({ shared: ['library'] }),
  invalid: [{ options: { shared: 'library' }, path: 'shared', message: /array/ }],
  decisions: [
    { account: 'ann', resource: repository('ann/app'), expect: grant(['pull', 'push'], 'own name') },
    { account: 'ann', resource: repository('bob/app'), expect: deny('the name of another') },
    { resource: repository('ann/app'), expect: deny('the name of another') },
    { account: 'ann', resource: repository('library/app'), expect: pass },
    { account: 'ann', resource: { type: 'registry', name: 'catalog', actions: ['*'] }, expect: pass },
  ],
})
`,
  lists: (plugin) => `${STATIC}authorizers:
  - plugin: ${plugin}
    options:
      shared: [library]
`,
}

export const BEGINNINGS: Readonly<Record<PluginKind, Beginning>> = {
  authenticator: AUTHENTICATOR,
  labeler: LABELER,
  authorizer: AUTHORIZER,
}
