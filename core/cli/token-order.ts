// Reads the options of `dockwarden token create`.

import { faultOfAccount, isUserName, MAX_ACCOUNT } from '../contract/account.ts'
import { UNPRINTABLE } from '../contract/printable.ts'
import { duration, mergeLabels, NO_LABELS, Secret } from '../plugin.ts'
import { allowance } from '../token/allowance.ts'
import type { PersonalOrder } from '../token/orders.ts'
import { readSecretToken } from '../token/secret-token.ts'

/** As commander gives them. */
export interface CreateOptions {
  readonly account: string
  readonly authenticator?: string
  readonly label: readonly string[]
  readonly name?: string
  readonly expires: string
  readonly allow: readonly string[]
}

/**
 * @param now milliseconds since the epoch
 * @throws Error that names the option and the remedy
 * @example readOrder({ account: 'ci', label: ['team=web'], expires: '90d', allow: [] }, Date.now())
 */
export function readOrder(options: CreateOptions, now: number): PersonalOrder {
  const { account, authenticator, label, name, expires, allow } = options
  assertAccount(account)
  if (authenticator !== undefined && label.length > 0) {
    throw new Error(
      '--label is for robot accounts; with --authenticator the labels come from there: leave one of them out',
    )
  }
  if (name !== undefined && !isPrintable(name)) {
    throw new Error(
      `--name must be 1 to ${MAX_ACCOUNT} characters, without control characters or spaces at an end`,
    )
  }
  try {
    allowance(allow)
  } catch (error) {
    throw new Error(`--allow ${(error as Error).message}`)
  }
  const end = readExpires(expires, now)
  return {
    account,
    labels: mergeLabels(NO_LABELS, ...label.map(readLabel)),
    ...(authenticator !== undefined && { authenticator }),
    ...(name !== undefined && { name }),
    ...(allow.length > 0 && { allow }),
    ...(end !== undefined && { expires: end }),
  }
}

function isPrintable(text: string): boolean {
  return text !== '' && text.length <= MAX_ACCOUNT && !UNPRINTABLE.test(text) && text === text.trim()
}

function assertAccount(account: string): void {
  if (isUserName(account)) {
    if (readSecretToken(new Secret(account)))
      throw new Error('--account is a token; write the name of the account')
    return
  }
  const fault = faultOfAccount(account)
  throw new Error(
    `--account ${fault ?? `${JSON.stringify(account)} is no user name that a client can log in with`}; write 1 to ${MAX_ACCOUNT} characters without a colon, invisible characters or spaces at an end`,
  )
}

/** @example readLabel("team=web") // { team: ["web"] } */
export function readLabel(text: string): Record<string, string[]> {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name === undefined || value === undefined || !isPrintable(name) || !isPrintable(value)) {
    throw new Error(`--label ${JSON.stringify(text)} is not name=value; write for example --label team=web`)
  }
  return Object.assign(Object.create(null), { [name]: [value] })
}

/** A date that far ahead can be written down; one much later can't. */
const LONGEST = 36_500 * 86_400_000

function readExpires(text: string, now: number): number | undefined {
  if (text === 'never') return undefined
  const read = duration({ min: 1_000, max: LONGEST }).safeParse(text)
  if (!read.success) {
    throw new Error(
      `--expires ${JSON.stringify(text)} is no time up to 36500d; write for example 90d, 12h or never`,
    )
  }
  return now + read.data
}
