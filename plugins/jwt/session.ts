// What is kept with a refresh token that was got with a JWT, so that later a changed configuration applies to it too.
import type { JWTPayload } from 'jose'
import { type JsonValue, z } from '../../core/contract/index.ts'
import type { IssuerOptions } from './options.ts'

/** Characters of JSON: four times the claims of any CI system or cluster. */
const MOST_CLAIMS = 12_000

const schema = z.object({
  /** When the token was shown, in milliseconds since the epoch. */
  login: z.number(),
  /** The user name that was typed. */
  user: z.string(),
  /** Null = they were too many to be kept. */
  claims: z.looseObject({ iss: z.string(), exp: z.number() }).nullable(),
})

type Session = z.output<typeof schema>

/** A session whose claims were kept. */
export type Claimed = Session & { readonly claims: NonNullable<Session['claims']> }

export function isClaimed(session: Session): session is Claimed {
  return session.claims !== null
}

/** @param login milliseconds since the epoch */
export function toSession(claims: JWTPayload, user: string, login: number): JsonValue {
  const kept = JSON.stringify(claims).length <= MOST_CLAIMS ? (claims as { [name: string]: JsonValue }) : null
  return { login, user, claims: kept }
}

/** @returns undefined for what `toSession` did not make */
export function readSession(value: JsonValue | undefined): Session | undefined {
  return schema.safeParse(value).data
}

/** When a session ends, in milliseconds since the epoch. */
export function endOf({ login, claims }: Claimed, { session_lifetime }: IssuerOptions): number {
  return session_lifetime === undefined ? claims.exp * 1_000 : login + session_lifetime
}
