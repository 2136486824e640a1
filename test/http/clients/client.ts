// What the drivers have in common: each is one registry client's way to a token, from the challenge to what it is left with.
import type { Answer } from './wire.ts'

/** What a registry says about the token server. */
export interface Challenge {
  readonly realm: string
  readonly service: string
}

/** What a client knows about a person; nothing = it comes as anonymous. */
export interface Credentials {
  readonly user?: string
  readonly password?: string
  /** A refresh token that was stored in place of the password. */
  readonly identityToken?: string
}

/** What a client is left with. */
export interface Got {
  /** What it shows the registry. */
  readonly token?: string
  /** Seconds after which it fetches another one; left out = when the registry refuses it. */
  readonly lifetime?: number
  /** What it stores in place of the password. */
  readonly identityToken?: string
  /** What a person sees instead of all that. */
  readonly error?: string
}

export interface RegistryClient {
  /** What its login asks; left out = its login asks nobody. */
  login?(credentials: Credentials): Promise<Got>
  /** Fetches the token for one operation, whose scopes are in the order in which the client learns of them. */
  token(credentials: Credentials, ...scopes: string[]): Promise<Got>
}

/** The client gives up; the message is what a person sees. */
export class GivesUp extends Error {}

/** Runs a client's way to the end, whatever that is. */
export async function outcome(way: () => Promise<Got>): Promise<Got> {
  try {
    return await way()
  } catch (error) {
    if (!(error instanceof GivesUp)) throw error
    return { error: error.message }
  }
}

/** The fields of a token server's answer that clients read. */
export interface TokenFields {
  readonly token?: string
  readonly access_token?: string
  readonly refresh_token?: string
  readonly expires_in?: number
}

/**
 * Reads the answer to a request for a token.
 *
 * @param most a longer one is cut off there, in bytes
 * @throws GivesUp when it is no JSON
 */
export function readFields({ body }: Answer, most = Number.POSITIVE_INFINITY): TokenFields {
  try {
    return JSON.parse(Buffer.byteLength(body) > most ? body.slice(0, most) : body)
  } catch (error) {
    throw new GivesUp(`unable to decode token response: ${(error as Error).message}`)
  }
}

/** The first of a list of tokens that is there. @throws GivesUp when none is */
export function firstOf(...tokens: (string | undefined)[]): string {
  const token = tokens.find((one) => one !== undefined && one !== '')
  if (token === undefined) throw new GivesUp('authorization server did not include a token in the response')
  return token
}

/** An answer's errors in the form of the registry's API; undefined when it has none. */
export function registryErrors({ body }: Answer): { code: string; message: string }[] | undefined {
  try {
    const { errors } = JSON.parse(body)
    return Array.isArray(errors) && errors.length > 0 ? errors : undefined
  } catch {
    return undefined
  }
}
