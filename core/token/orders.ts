// What tokens are made of, and what a client says beside one.
import type { JsonValue, Labels } from '../plugin.ts'
import type { KeptToken } from '../store/token-store.ts'

/** What a refresh token is made of. */
export interface RefreshOrder {
  readonly account: string
  readonly service: string
  readonly client: string | undefined
  /** Undefined for a robot account. */
  readonly authenticator: string | undefined
  readonly plugin: string | undefined
  /** Whether the authenticator looks at the account again at each use. */
  readonly verified: boolean
  readonly labels: Labels
  readonly session: JsonValue | undefined
  /** The personal access token that the login was made with. */
  readonly parent: KeptToken | undefined
}

/** What a personal access token is made of. */
export interface PersonalOrder {
  readonly account: string
  readonly authenticator?: string
  readonly plugin?: string
  readonly labels: Labels
  readonly name?: string
  readonly allow?: readonly string[]
  /** Milliseconds since the epoch; undefined = never. */
  readonly expires?: number
  /** What a browser sign-in left for looking again. */
  readonly session?: JsonValue
}

/** What a browser gets that has signed in. */
export interface BrowserOrder {
  readonly account: string
  readonly authenticator: string
  readonly plugin: string
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** What a client says beside a token, which must be so. */
export interface TokenClaim {
  readonly kind: KeptToken['kind']
  readonly service: string
  /** Empty = it says nothing. */
  readonly account: string
}
