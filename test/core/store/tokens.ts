// Tokens to put into a store under test, and short ways to ask it.
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import type { KeptToken, TokenFilter, TokenStore } from '../../../core/store/token-store.ts'

export const HOUR = 3_600_000

/** A refresh token that ends in an hour. */
export function newToken(given: Partial<KeptToken> = {}): KeptToken {
  const digest = randomBytes(32).toString('hex')
  const now = Date.now()
  return {
    id: digest.slice(0, 16),
    digest,
    kind: 'refresh',
    account: 'alice',
    labels: { group: ['dev'] },
    created: now,
    expires: now + 24 * HOUR,
    until: now + HOUR,
    ...given,
  }
}

/** A token that has no end. */
export function endlessToken(given: Partial<KeptToken> = {}): KeptToken {
  const { expires: _, until: __, ...endless } = newToken()
  return { ...endless, ...given }
}

/** As many tokens of an account. */
export function newTokens(count: number, given: Partial<KeptToken> = {}): KeptToken[] {
  return Array.from({ length: count }, () => newToken(given))
}

/** Names that trip over object prototypes, patterns, case and normal forms. */
export const ODD_NAMES = [
  ...['__proto__', 'constructor', 'toString', '', ' ', 'alice', 'Alice', 'alice ', '%', '_', '*', '?'],
  ...[
    '{a}',
    'a:b',
    "o'brien",
    '"',
    '\\',
    '\u0000',
    'a\nb',
    '\u00e9',
    'e\u0301',
    '\u{1f4a1}',
    'x'.repeat(3_000),
  ],
]

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...ODD_NAMES),
)
const past = fc.integer({ min: 0, max: Date.now() })
const future = fc.integer({ min: Date.now() + 24 * HOUR, max: 8_640_000_000_000_000 })

/** Any token that has not ended; each field that may be missing is, now and then. */
export const anyToken: fc.Arbitrary<KeptToken> = fc
  .record(
    {
      kind: fc.constantFrom('refresh', 'personal', 'browser'),
      account: text,
      service: text,
      client: text,
      authenticator: text,
      plugin: text,
      // Unlike an assignment, fromEntries keeps a label `__proto__`.
      labels: fc.array(fc.tuple(text, fc.array(text))).map((entries) => Object.fromEntries(entries)),
      session: text,
      name: text,
      allow: fc.array(text),
      parent: text,
      created: past,
      used: past,
      expires: future,
      until: future,
      revoked: fc.record({ at: past, by: text }, { noNullPrototype: true }),
    } as const,
    { requiredKeys: ['kind', 'account', 'labels', 'created'], noNullPrototype: true },
  )
  .map((fields) => {
    const { id, digest } = newToken()
    return { id, digest, ...fields }
  })

/** The ids that the filter finds, in order. */
export async function idsOf(store: TokenStore, filter: TokenFilter = {}): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of store.list(filter)) ids.push(id)
  return ids.sort()
}

/** The ids of tokens, in the order of `idsOf`. */
export function sortedIds(tokens: readonly KeptToken[]): string[] {
  return tokens.map(({ id }) => id).sort()
}

/** The error of a promise that must reject. */
export async function faultOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => {
      throw new Error(`it did not reject but gave ${inspect(value)}`)
    },
    (error: Error) => error,
  )
}
