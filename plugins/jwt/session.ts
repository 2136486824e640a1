// What is kept with a refresh token that was got with a JWT, so that later a changed configuration applies to it too.
import type { JWTPayload } from 'jose'
import { type JsonValue, NotRenewable, z } from '../../core/plugin.ts'
import type { IssuerOptions } from './options.ts'

/** Characters of JSON: four times the claims of any CI system or cluster. */
const MOST_CLAIMS = 12_000

const schema = z.object({
  /** When the token was shown, in milliseconds since the epoch. */
  login: z.number(),
  /** The user name that was typed. */
  user: z.string(),
  claims: z.looseObject({ iss: z.string(), exp: z.number() }),
})

export type Session = z.output<typeof schema>

/** @param login milliseconds since the epoch */
export function toSession(
  claims: JWTPayload,
  user: string,
  login: number,
  options: IssuerOptions,
): JsonValue | NotRenewable {
  // A token without an end is refused.
  const session = { login, user, claims: claims as Session['claims'] }
  if (JSON.stringify(claims).length > MOST_CLAIMS) {
    return new NotRenewable(`the token has more than ${MOST_CLAIMS} characters of claims`)
  }
  if (endOf(session, options) <= login) {
    return new NotRenewable('the token was over already, though not for longer than clock_tolerance')
  }
  return session as JsonValue
}

/** @returns undefined for what `toSession` did not make */
export function readSession(value: JsonValue | undefined): Session | undefined {
  return schema.safeParse(value).data
}

/** When a session ends, in milliseconds since the epoch. */
export function endOf({ login, claims }: Session, { session_lifetime }: IssuerOptions): number {
  return session_lifetime === undefined ? claims.exp * 1_000 : login + session_lifetime
}
