// What `dockwarden user add|passwd|list|remove` do.
import { existsSync } from 'node:fs'
import { suggest } from '../../contract/suggest.ts'
import type { Secret } from '../../plugin.ts'
import { type HashAlgorithm, newHash } from '../../services/new-hash.ts'
import type { Output } from '../output.ts'
import { table } from '../table.ts'
import { readPasswordFile, type Users, writeUser } from './file.ts'
import { whyNoName } from './name.ts'
import { type Input, newPassword } from './new-password.ts'

interface FileOptions {
  readonly file: string
  readonly json?: true
}

interface PasswordOptions extends FileOptions {
  readonly algorithm?: HashAlgorithm
  readonly generate?: true
}

/** Where a password comes from, and where results go. */
interface Around {
  readonly input: Input
  readonly output: Output
}

/**
 * Adds a user. A missing file is made.
 *
 * @returns exit status: 0, or 1 when the user is there already, or no password was given
 * @throws Error for a name or a password that can't be used, or when the file can't be changed
 */
export async function addUser(
  user: string,
  options: PasswordOptions,
  { input, output }: Around,
): Promise<number> {
  const why = whyNoName(user)
  if (why !== undefined) throw new Error(`the name ${JSON.stringify(user)} ${why}; write another one`)
  const { file, algorithm = 'bcrypt' } = options
  const made = !existsSync(file)
  if (!made && (await usersOf(file)).has(user)) return refuse(already(user, file), output)
  const password = await newPassword(user, { generate: options.generate === true, algorithm }, input, output)
  if (!password) return nothingChanged(output)
  const hash = await newHash(algorithm, password)
  // Another process may have been faster.
  if (!(await writeUser(file, user, hash, (users) => !users.has(user))))
    return refuse(already(user, file), output)
  const done = made ? `was added to the new file ${file}` : `was added to ${file}`
  tell({ user, done, algorithm, password }, options, output)
  return 0
}

/**
 * Gives a user another password.
 *
 * @returns exit status: 0, or 1 when there is no such user, or no password was given
 * @throws Error for a password that can't be used, or when the file can't be changed
 */
export async function changePassword(
  user: string,
  options: PasswordOptions,
  { input, output }: Around,
): Promise<number> {
  const { file } = options
  const users = await usersOf(file)
  if (!users.has(user)) return refuse(missing(user, users, file), output)
  const why = whyNoName(user)
  if (why !== undefined)
    throw new Error(`the name ${JSON.stringify(user)} ${why}; remove the user, and add another one`)
  const algorithm = options.algorithm ?? (users.get(user)?.startsWith('$argon2') ? 'argon2' : 'bcrypt')
  const password = await newPassword(user, { generate: options.generate === true, algorithm }, input, output)
  if (!password) return nothingChanged(output)
  const hash = await newHash(algorithm, password)
  if (!(await writeUser(file, user, hash, (now) => now.has(user))))
    return refuse(missing(user, users, file), output)
  tell({ user, done: `has a new password in ${file}`, algorithm, password }, options, output)
  return 0
}

/**
 * Removes a user.
 *
 * @returns exit status: 0, or 1 when there is no such user
 * @throws Error when the file can't be changed
 */
export async function removeUser(user: string, { file, json }: FileOptions, output: Output): Promise<number> {
  const users = await usersOf(file)
  if (!users.has(user) || !(await writeUser(file, user, undefined, (now) => now.has(user)))) {
    return refuse(missing(user, users, file), output)
  }
  if (json) output.stdout.write(`${JSON.stringify({ file, user, removed: true })}\n`)
  else
    output.stderr.write(
      `The user ${user} was removed from ${file}; tokens that were got before end within their time.\n`,
    )
  return 0
}

/**
 * Shows the users of a file, as the server reads it.
 *
 * @returns exit status 0
 * @throws Error when the file can't be read
 */
export async function listUsers({ file, json }: FileOptions, output: Output): Promise<number> {
  const { users, faults } = await readPasswordFile(file)
  const rows = Array.from(users, ([user, hash]) => ({ user, hash: hash === undefined ? null : kindOf(hash) }))
  if (json) {
    output.stdout.write(`${JSON.stringify({ file, users: rows, faults })}\n`)
    return 0
  }
  for (const { line, message } of faults) output.stderr.write(`warning: ${file}:${line}: ${message}\n`)
  const cells = rows.map(({ user, hash }) => [user, hash ?? 'none: can not log in'])
  output.stdout.write(table(['USER', 'HASH'], cells))
  return 0
}

/** @example kindOf('$2y$10$...') // 'bcrypt, cost 10' */
function kindOf(hash: string): string {
  const [, kind = '', cost = ''] = hash.split('$')
  if (kind.startsWith('2')) return `bcrypt, cost ${Number(cost)}`
  return [kind, ...hash.split('$').filter((part) => part.startsWith('m='))].join(', ')
}

async function usersOf(file: string): Promise<Users> {
  return (await readPasswordFile(file)).users
}

function already(user: string, file: string): string {
  return `the user ${JSON.stringify(user)} is in ${file} already; dockwarden user passwd gives another password`
}

function missing(user: string, users: Users, file: string): string {
  const names = [...users.keys()].filter((name) => name !== user)
  return `the user ${JSON.stringify(user)} is not in ${file}; ${suggest(user, names.slice(0, MOST_NAMES))}`
}

const MOST_NAMES = 20

function refuse(message: string, output: Output): number {
  output.stderr.write(`dockwarden: ${message}\n`)
  return 1
}

function nothingChanged(output: Output): number {
  return refuse('no password was given; nothing was changed', output)
}

interface Done {
  readonly user: string
  readonly done: string
  readonly algorithm: HashAlgorithm
  readonly password: Secret
}

/** The password is shown only when it was made here. */
function tell(
  { user, done, algorithm, password }: Done,
  { file, json, generate }: PasswordOptions,
  output: Output,
): void {
  if (json) {
    const shown = generate ? { password: password.reveal() } : {}
    output.stdout.write(`${JSON.stringify({ file, user, algorithm, ...shown })}\n`)
    return
  }
  const once = generate ? ' The password is shown once, alone on a line:' : ''
  output.stderr.write(`The user ${user} ${done}.${once}\n`)
  if (generate) output.stdout.write(`${password.reveal()}\n`)
}
