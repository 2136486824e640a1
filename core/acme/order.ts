// Orders a certificate: the protocol is acme-client's (RFC 8555).
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { get as getPlain } from 'node:http'
import { Agent, get as getSecure } from 'node:https'
import acme from 'acme-client'
import { networkReason } from '../kit/network-errors.ts'
import { accountKey, type Issued, parseIssued } from './certificate-file.ts'
import type { Challenge, MakeProof } from './challenges.ts'
import type { AcmeSettings, ChallengeType } from './settings.ts'

/** A request to the ACME server, in milliseconds. */
const REQUEST_TIMEOUT = 30_000
/** Of requests that fail: a second one, a second later. The keeper tries again anyway. */
const RETRIES = { retryMaxAttempts: 1, retryDefaultDelay: 1 }
/** Of a subject (RFC 5280, ub-common-name). Clients read the alternative names. */
const LONGEST_COMMON_NAME = 64
/** How often, and after how many milliseconds, the state of an order is asked. */
const POLLS = { backoffAttempts: 20, backoffMin: 1_000, backoffMax: 15_000 }

/** Shows challenges until they are looked at. */
export type Show = (challenges: readonly Challenge[]) => Promise<void>

/**
 * Orders a certificate with a new key.
 *
 * @throws Error with the server's words
 */
export async function orderCertificate(settings: AcmeSettings, show: Show): Promise<Issued> {
  const { directory, domains, email, externalAccount, challenge } = settings
  Object.assign(acme.axios.defaults, { timeout: REQUEST_TIMEOUT, acmeSettings: RETRIES })
  acme.axios.defaults.httpsAgent = settings.ca === undefined ? undefined : new Agent({ ca: settings.ca })
  const client = new acme.Client({
    directoryUrl: directory,
    accountKey: await accountKey(settings.folder, () => pem(newKey())),
    ...POLLS,
    ...(externalAccount && { externalAccountBinding: externalAccount }),
  })
  await reach(directory, settings.ca)
  const key = pem(newKey())
  const [first] = domains as [string]
  const subject = first.length <= LONGEST_COMMON_NAME ? { commonName: first } : {}
  const [, csr] = await acme.crypto.createCsr({ ...subject, altNames: [...domains] }, key)
  const shown = new Map<string, Challenge>()
  try {
    const chain = await client.auto({
      csr,
      ...(email !== undefined && { email }),
      termsOfServiceAgreed: true,
      // The server has another way to us than we have.
      skipChallengeVerification: true,
      challengePriority: [challenge],
      challengeCreateFn: async ({ identifier }, { type, token }, proof) => {
        if (type !== challenge)
          throw new Error(`the server does not offer ${challenge} for ${identifier.value}, only ${type}`)
        shown.set(token, { type: type as ChallengeType, domain: identifier.value, token, proof })
        await show([...shown.values()])
      },
      challengeRemoveFn: async (_, { token }) => {
        shown.delete(token)
        await show([...shown.values()])
      },
    })
    return parseIssued(key + chain, 'the certificate that was issued')
  } catch (error) {
    throw new Error(wordsOf(error), { cause: error })
  }
}

/** Whether there is a way to the server: of connections that fail, the library's own errors say nothing. */
function reach(directory: string, ca: string | undefined): Promise<void> {
  const get = directory.startsWith('https:') ? getSecure : getPlain
  return new Promise((resolve, reject) => {
    get(directory, { ca, signal: AbortSignal.timeout(REQUEST_TIMEOUT) }, (response) => {
      response.resume()
      resolve()
    }).once('error', (error) => reject(new Error(wordsOf(error), { cause: error })))
  })
}

/** The certificate of a validation. */
export const makeProof: MakeProof = async ({ domain, proof }) => {
  const authorization = { identifier: { type: 'dns', value: domain } } as never
  const [key, certificate] = await acme.crypto.createAlpnCertificate(authorization, proof)
  return [key.toString(), certificate.toString()]
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function pem(key: KeyObject): string {
  return createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }))
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
}

/** What the server said, as a problem document or an error of the library; of a connection, why there was none. */
function wordsOf(error: unknown): string {
  const { message } = error as Error
  const words = networkReason(error, NAMES) ?? message.replace(/\s+/g, ' ').trim()
  return words.slice(0, LONGEST_WORDS)
}

const NAMES = { server: 'the ACME server', address: 'acme.directory', tls: 'acme', plain: 'http://' }

const LONGEST_WORDS = 500
