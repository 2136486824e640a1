// Who logs in: many accounts with one password, each of whom owns a namespace.
import { hash as hashArgon2 } from '@node-rs/argon2'
import { hash as hashBcrypt } from '@node-rs/bcrypt'
import { addressOf, bystanderAddress, type Question } from './client.ts'
import type { LoadedServer } from './server.ts'
import type { Entitled } from './tokens.ts'
import type { Probe } from './watch.ts'

export const PASSWORD = 'right horse battery'

/** How many bystanders of a kind there are: nobody comes twice within this many half seconds. */
const OTHERS = 50

/** Everybody owns a namespace. The same in both forms. */
export const OWN_NAMESPACE = { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] }

/** As bcrypt at this cost. */
export const bcrypt = (cost: number) => hashBcrypt(PASSWORD, cost)

/** As argon2 with so much memory, in MiB. */
export const argon2 = (memory: number) =>
  hashArgon2(PASSWORD, { memoryCost: memory * 1024, timeCost: 2, parallelism: 1 })

/** The configuration of `user-0` to `user-COUNT-1`, whose passwords are stored as this. */
export function users(count: number, hash: string): Record<string, { password: string }> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`user-${n}`, { password: hash }]))
}

/** A login for one's own namespace. @param from default: the address of the client with the user's number */
export function login(server: LoadedServer, account: string, from: string, password = PASSWORD): Question {
  const query = { service: 'registry', scope: `repository:${account}/app:pull,push` }
  return { port: server.port, from, user: [account, password], query }
}

/** What such a login must give. */
export const entitled = (account: string): Entitled => ({
  account,
  access: [`repository:${account}/app:pull,push`],
})

/** The login of `user-N`, from an address of its own. */
export const loginOf = (server: LoadedServer, n: number) => login(server, `user-${n}`, addressOf(n))

/** Somebody logs in twice a second: each time another one of these, as people do. */
export const bystanders = (name: string, ...questions: Question[]): Probe => ({ name, questions, every: 500 })

/** Those whose passwords are stored as this: `NAME-0`, `NAME-1`, ... */
export function others(name: string, hash: string): Record<string, { password: string }> {
  return Object.fromEntries(Array.from({ length: OTHERS }, (_, n) => [`${name}-${n}`, { password: hash }]))
}

/** The logins of such people, each from an address of its own. */
export function loginsOf(server: LoadedServer, name: string, password = PASSWORD): Question[] {
  return Array.from({ length: OTHERS }, (_, n) =>
    login(server, `${name}-${n}`, bystanderAddress(10 + n), password),
  )
}
