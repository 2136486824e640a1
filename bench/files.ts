// Configuration files, in both forms, with the keys that they name.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rule } from '../core/acl/rule.ts'
import { newPair, type TestPair } from '../test/support/key-pairs.ts'
import { ACCOUNT } from './rule-lists.ts'
import { signingKey } from './signature.ts'

export const PASSWORD = createHash('sha256').update('bench').digest('hex').slice(0, 16)

/** The headers of a login as the benchmarks' user. */
export const BASIC = {
  authorization: `Basic ${Buffer.from(`${ACCOUNT}:${PASSWORD}`).toString('base64')}`,
}

/** Where a file is written, and where the server is to listen. */
export interface Place {
  readonly folder: string
  readonly name: string
  /** Host and port. */
  readonly address: string
}

export type KeyKind = 'rsa' | 'ec'

/**
 * Writes a file in the native form: a static user whose password comes from `BENCH_PASSWORD`.
 *
 * @param stored what stands in it of the user's password
 * @param reuse how long a token is handed out again
 * @returns its path
 */
export function writeNative(
  { folder, name, address }: Place,
  key: KeyKind,
  rules: readonly Rule[],
  { stored = '!env BENCH_PASSWORD', reuse = '0' } = {},
): string {
  const pem = signingKey(key).export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(folder, `${name}.pem`), pem)
  return written(
    folder,
    name,
    `server: { listen: "${address}" }
token: { keys: [{ key: ${name}.pem }], reuse: ${reuse} }
authenticators: [{ plugin: static, options: { users: { ${ACCOUNT}: { password: ${stored} } } } }]
authorizers: ${JSON.stringify([{ plugin: 'acl', options: { rules } }])}
`,
  )
}

const pairs = new Map<KeyKind, Promise<TestPair>>()

/** A pair of each kind does for all files: to make an RSA key takes a while. */
function pairOf(key: KeyKind): Promise<TestPair> {
  const made = pairs.get(key) ?? newPair(key === 'rsa' ? 'RSA-2048' : 'P-256')
  pairs.set(key, made)
  return made
}

/**
 * Writes a file in docker_auth's form. JSON is YAML.
 *
 * @param users as that form has them
 * @param server more of the section
 * @returns its path
 */
export async function writeDockerAuth(
  { folder, name, address }: Place,
  key: KeyKind,
  acl: readonly Rule[],
  { users = { [ACCOUNT]: {} }, server = {} }: { users?: object; server?: object } = {},
): Promise<string> {
  const pair = await pairOf(key)
  const [certificate, keyFile] = [join(folder, `${key}.crt`), join(folder, `${key}.key`)]
  writeFileSync(certificate, pair.certificate)
  writeFileSync(keyFile, pair.key)
  const token = { issuer: 'bench', expiration: 900, certificate, key: keyFile }
  return written(folder, name, JSON.stringify({ server: { addr: address, ...server }, token, users, acl }))
}

function written(folder: string, name: string, text: string): string {
  const file = join(folder, `${name}.yml`)
  writeFileSync(file, text)
  return file
}
