// The keys that an issuer signs ID tokens with. They are there before a code or a refresh token is spent: an outage of the
// key set then costs nobody his session. An unknown key makes the library ask once more, so rotation needs no waiting.
import type { Configuration, CustomFetch, ExportedJWKSCache } from 'openid-client'
import { openid } from './openid.ts'

/** A key that the provider has taken back is good for at most this long. */
const MAX_AGE_S = 300
/** The library asks anew for an unknown key when its set is this old. */
const ASK_AGAIN_AGE_S = 60

/** Outlives metadata that are read anew. The address is that of the key set. */
export interface ClientKeys {
  /** Reads the key set when there is none that is fresh. */
  load(address: string, fetch: CustomFetch): Promise<void>
  /** Gives the fresh keys to a configuration. */
  lend(address: string, config: Configuration): void
  /** Takes over what the library has read meanwhile. */
  takeBack(address: string, config: Configuration): void
}

export function createClientKeys(): ClientKeys {
  let held = { address: '', jwks: { keys: [] } as ExportedJWKSCache['jwks'], readAt: 0 }
  const fresh = (address: string) => held.address === address && seconds() - held.readAt < MAX_AGE_S
  return {
    async load(address, fetch) {
      if (fresh(address)) return
      const response = await fetch(address, {
        method: 'GET',
        headers: { accept: 'application/json, application/jwk-set+json' },
        body: undefined,
        redirect: 'manual',
      })
      held = { address, jwks: (await response.json()) as typeof held.jwks, readAt: seconds() }
    },
    lend(address, config) {
      if (fresh(address)) openid().setJwksCache(config, { jwks: held.jwks, uat: seconds() - ASK_AGAIN_AGE_S })
    },
    takeBack(address, config) {
      const read = openid().getJwksCache(config)
      if (read && read.uat > seconds() - ASK_AGAIN_AGE_S) {
        held = { address, jwks: read.jwks, readAt: read.uat }
      }
    },
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000)
}
