// Judges what the server gave: a token must be signed by it, and hold exactly what the account may do.
import { createPublicKey } from 'node:crypto'
import { decodeJwt, jwtVerify } from 'jose'
import type { Answer } from './client.ts'

/** Whose token it has to be, and its access as `type:name:actions`, actions sorted. */
export interface Entitled {
  readonly account: string
  readonly access: readonly string[]
}

/**
 * Makes a judge of tokens.
 *
 * @param certificate PEM text, of the key that signs
 * @returns what is wrong with the token of an answer of 200; undefined when it is right
 */
export function tokenJudge(certificate: string) {
  const key = createPublicKey(certificate)
  return async ({ text }: Answer, { account, access }: Entitled): Promise<string | undefined> => {
    try {
      const { token } = JSON.parse(text)
      // By the server's clock, which may be stepped.
      const currentDate = new Date(Number(decodeJwt(token).nbf) * 1_000)
      const { payload } = await jwtVerify(token, key, { currentDate })
      const granted = (payload.access as { type: string; name: string; actions: string[] | null }[])
        .filter(({ actions }) => actions !== null && actions.length > 0)
        .map(({ type, name, actions }) => `${type}:${name}:${[...actions!].sort().join(',')}`)
      if (payload.sub !== account) return `a token of ${payload.sub} for ${account}`
      if (granted.sort().join(' ') !== [...access].sort().join(' '))
        return `${account} may do ${access.join(' ') || 'nothing'}, and got ${granted.join(' ') || 'nothing'}`
      return undefined
    } catch (error) {
      return `no good token: ${(error as Error).message}`
    }
  }
}
