// Whatever goes wrong with the token store is an outage; what it says of a token is not.
import { TokenRefused } from '../token/refused.ts'
import { unavailable } from './errors.ts'

/**
 * @throws TokenRefused as it is, RequestError 503 for everything else
 * @example const kept = await stored(() => tokens.find(token, claim))
 */
export async function stored<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TokenRefused) throw error
    throw unavailable(new Error(`token store: ${(error as Error)?.message ?? error}`))
  }
}
