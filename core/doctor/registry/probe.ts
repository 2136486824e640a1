// Shows the registry tokens of ours that give no access, and says whether it takes them.
import type { SigningKey } from '../../keys/keys.ts'
import { createSigner, type Signer } from '../../keys/signer.ts'
import { createClaims } from '../../token/claims.ts'
import { type Answer, type Ask, NoAnswer } from '../ask.ts'
import { readChallenges } from './challenge.ts'
import { CLIENT } from './endpoint.ts'
import { hasErrors } from './reach.ts'

/** What a probe token is made of. */
export interface Probe {
  readonly key: SigningKey
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** unseen: the registry answers as to a client without a token. none: no answer of a registry. */
export type Verdict = 'accepted' | 'refused' | 'unseen' | 'none'

/** Shows probe tokens to one registry. */
export interface Prober {
  /** How many were shown. */
  readonly shown: number
  show(probe: Probe): Promise<Verdict>
  /** Any token. */
  showToken(token: string): Promise<Verdict>
  /** Ends the threads that signed. */
  close(): Promise<void>
}

const LIFETIME_MS = 60_000

/**
 * @param url of the registry's `/v2/`
 * @param service the audience
 */
export function createProber(url: URL, service: string, ask: Ask): Prober {
  let shown = 0
  /** By the header of their tokens. */
  const signers = new Map<string, Signer>()
  const signerOf = (key: SigningKey) => {
    const signer = signers.get(key.header) ?? createSigner(key)
    signers.set(key.header, signer)
    return signer
  }
  const showToken = async (token: string): Promise<Verdict> => {
    shown += 1
    try {
      return verdictOf(await ask(url, { headers: { authorization: `Bearer ${token}` } }))
    } catch (error) {
      if (error instanceof NoAnswer) return 'none'
      throw error
    }
  }
  return {
    get shown() {
      return shown
    },
    showToken,
    async show({ key, issuer, now }) {
      const facts = { issuer, account: CLIENT, service, access: [], now, lifetime: LIFETIME_MS }
      return await showToken(await signerOf(key).sign(createClaims(facts)))
    },
    async close() {
      await Promise.all([...signers.values()].map((signer) => signer.close()))
    },
  }
}

function verdictOf(answer: Answer): Verdict {
  const { status, headers } = answer
  if (status < 300) return 'accepted'
  if (status !== 401) return hasErrors(answer) ? 'refused' : 'none'
  const bearer = readChallenges(headers['www-authenticate']).find(({ scheme }) => scheme === 'bearer')
  // Of a token that it has seen, Distribution says that it is not good (RFC 6750, 3.1); zot sends no challenge then.
  return !bearer || bearer.parameters.has('error') ? 'refused' : 'unseen'
}
