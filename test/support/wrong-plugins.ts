// Plugins that are wrong, as their authors write them, and what is said of each.
import type { PluginKind as Kind } from '../../core/plugin.ts'

export type { Kind }

/** The rest of a create that would work. */
export const ACCEPTS = 'return { async authenticate() { return accept() } }'

/** @param create the body of its create @param more further keys of the definition */
export function oddPlugin(
  kind: Kind,
  create: string,
  more = '',
  options = 'z.strictObject({})',
  name = 'odd',
): string {
  return `import { accept, createToken, definePlugin, grant, pass, reject, z } from 'dockwarden/plugin'
const TOKEN = createToken('acme/token')
export default definePlugin({
  kind: '${kind}', name: '${name}', ${more} options: ${options},
  create(options, host) { ${create} },
})`
}

/** Those that can not be made: what it says when they are. */
export const UNMAKEABLE: [what: string, create: string, said: string | RegExp, more?: string][] = [
  [
    'has a slip in its code',
    'const x = undefined; x.y()',
    /^.*dockwarden\.yml:\d+:\d+: authenticators\[0\]: plugin odd \(id odd\) could not be created: Cannot read properties of undefined \(reading 'y'\) \(\/.*\/odd\.ts:5\)$/,
  ],
  ['names what host has not', "host.htpp.json('x')", /\(reading 'json'\) \(\/.*\/odd\.ts:5\)$/],
  ['throws nothing', 'throw undefined', 'could not be created: it threw nothing'],
  ['throws an object', 'throw { code: 7 }', 'could not be created: it threw an object, which is no Error'],
  [
    'writes to its options',
    'options.a = 2',
    /what comes from the host is frozen: copy it before you change it \(\/.*odd\.ts:5\)/,
  ],
  ['returns no function', 'return { authenticate: true }', 'create returned an object without authenticate'],
  ['returns a function', 'return async () => accept()', 'create returned a function; return { async auth'],
  [
    'has ready that is no function',
    'return { ready: true, async authenticate() { return accept() } }',
    'create returned ready that is a boolean; write a function, or leave it out',
  ],
  [
    'has another answersFrom',
    'return { answersFrom: true, async authenticate() { return accept() } }',
    "create returned answersFrom that is a boolean; write 'password', or leave it out",
  ],
  [
    'is remembered without a refresh',
    "return { answersFrom: 'password', remembered: 'by default', async authenticate() { return accept() } }",
    "which needs answersFrom: 'password' and a refresh",
  ],
  ['asks for a place of no size', "host.places.open({ name: 'x', size: 0 })", 'size must be a number from 1'],
  [
    'does nothing again and again',
    'host.every(60_000)',
    'host.every(60000, task): the task must be a function',
  ],
  [
    'remarks a text',
    "host.remark('be careful')",
    "host.remark takes an object: host.remark({ at: ['OPTION']",
  ],
  ['remarks at no place', "host.remark({ message: 'x' })", 'host.remark takes an object'],
  [
    'provides a token of somebody else',
    "host.provide(createToken('x/y'), 1)",
    'does not list the token; add it to provides in definePlugin',
    'provides: [TOKEN],',
  ],
]

/** Schemas that can not be asked. */
export const ODD_SCHEMAS: [what: string, schema: string, said: RegExp][] = [
  ['is async', 'z.string().refine(async () => true)', /; no refinement and no transform may be async$/],
  [
    'throws',
    "z.string().transform(() => { throw new Error('no such thing') })",
    /\/odd\.ts: its options schema failed: no such thing; report with context\.addIssue in place of a throw$/,
  ],
]

/** What goes wrong in a request. */
export const WRONG_ANSWERS: [kind: Kind, what: string, body: string, said: string][] = [
  ['authenticator', 'accepts a name', 'return accept(c.account)', 'accept takes an object: accept({ account'],
  ['authenticator', 'misspells labels', 'return accept({ lables: {} })', 'did you mean "labels"?'],
  ['authenticator', 'names nobody', "return accept({ account: '' })", 'named no account; write accept({ acc'],
  [
    'authenticator',
    'has a session of no JSON',
    'return accept({ session: 7n })',
    'takes what JSON can carry',
  ],
  [
    'authenticator',
    'forgets to await labels',
    'return accept({ labels: Promise.resolve({}) })',
    'labels are a promise; write await before it',
  ],
  [
    'authenticator',
    'gives labels in a Map',
    'return accept({ labels: new Map() })',
    'labels are a Map; write an',
  ],
  ['authenticator', 'throws an outcome', "throw reject('wrong')", 'it threw an object, which is no Error'],
  ['authenticator', 'throws a text', "throw 'broken'", 'plugin odd (id odd): broken'],
  ['authenticator', 'changes what came in', "c.account = 'x'", 'is frozen: copy it before you change it'],
  [
    'authenticator',
    'asks for JSON nowhere',
    "await host.http.json('/x', z.any(), request)",
    'the URL is none',
  ],
  [
    'authenticator',
    'asks for JSON without a signal',
    "await host.http.json('http://127.0.0.1:1/', z.any())",
    'is called as json(url, schema, { signal })',
  ],
  [
    'authenticator',
    'mixes up hash and password',
    "await host.passwords.verify(c.password, 'x', request.signal)",
    'is called as verify(hash, password, signal)',
  ],
  [
    'authenticator',
    'shows the password in its error',
    "throw new Error('bind failed for ' + c.password.reveal())",
    'bind failed for ***',
  ],
  ['labeler', 'returns nothing', '', "label returned nothing; return { NAME: ['VALUE'] }, or NO_LABELS"],
  ['labeler', 'passes', 'return pass', 'label returned pass; return'],
  ['labeler', 'returns a Map', "return new Map([['a', ['b']]])", 'labels are a Map; write an object'],
  ['labeler', 'adds to the labels', "c.labels.x = ['y']; return c.labels", 'is frozen: copy it'],
  ['authorizer', 'sorts the actions', 'return grant(c.actions.sort())', 'is frozen: copy it'],
  [
    'authorizer',
    'provides something',
    'request.provide(TOKEN, 1)',
    'an authorizer provides nothing, since several scopes are decided at once',
  ],
]

export const METHOD = { authenticator: 'authenticate', labeler: 'label', authorizer: 'authorize' }
