// Keeps a certificate: orders one when there is none, and another when two thirds of its life are over. Of several nodes one orders;
// the others take what it got.
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock, Log, Store } from '../plugin.ts'
import { type Issued, isFor, parseIssued, readIssued, renewalOf, writeIssued } from './certificate-file.ts'
import type { Challenge, Challenges } from './challenges.ts'
import { orderCertificate } from './order.ts'
import type { AcmeSettings } from './settings.ts'

/** How often it is looked whether something is to be done, and what other nodes show, in milliseconds. */
const LOOK_INTERVAL = 2_000
/** How long an order may take: a node that ended in the middle of one holds up the others no longer. */
const LEASE_MS = 15 * 60_000
/** One order at a time, of all nodes and certificates. */
const LEASE = ['lease']
/** After a failure: servers count them. The last one is for all that follow. */
const PAUSES = [60_000, 5 * 60_000, 20 * 60_000, 3_600_000]

/** What a keeper works with. */
export interface KeeperParts {
  readonly challenges: Challenges
  /** Shared by all nodes; undefined for one that is alone. */
  readonly store: Store | undefined
  readonly clock: Clock
  readonly log: Log
  /** How often it is looked, at least, in milliseconds. */
  readonly interval?: number
}

/** A certificate that is being kept. */
export interface Keeper {
  stop(): Promise<void>
}

/** @example const keeper = keepCertificate(settings, { challenges, store, clock, log }); await keeper.stop() */
export function keepCertificate(settings: AcmeSettings, parts: KeeperParts): Keeper {
  const ending = new AbortController()
  const running = run(settings, parts, ending.signal)
  return {
    async stop() {
      ending.abort()
      await running
    },
  }
}

async function run(settings: AcmeSettings, parts: KeeperParts, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts
  const interval = intervalOf(parts)
  const names = settings.domains.join(', ')
  let failures = 0
  let notBefore = 0
  while (!signal.aborted) {
    try {
      if (clock.now() >= notBefore && (await renewed(settings, parts, signal))) failures = 0
      else if (parts.store) await parts.challenges.follow(parts.store)
    } catch (error) {
      const wait = PAUSES[Math.min(failures, PAUSES.length - 1)]!
      failures += 1
      notBefore = clock.now() + wait
      log.warn(
        { directory: settings.directory },
        `no certificate for ${names}: ${(error as Error).message}; tried again in ${wait / 60_000} min`,
      )
    }
    await pause(interval, undefined, { signal, ref: false }).catch(() => {})
  }
}

function intervalOf({ interval = LOOK_INTERVAL }: KeeperParts): number {
  return Math.min(interval, LOOK_INTERVAL)
}

/** @returns whether there is a new certificate */
async function renewed(settings: AcmeSettings, parts: KeeperParts, signal: AbortSignal): Promise<boolean> {
  const { store, clock, log } = parts
  const held = await readIssued(settings)
  if (held && isFor(held, settings.domains) && clock.now() < renewalOf(held)) return false
  const other = await ofOthers(settings, store)
  if (other && clock.now() < renewalOf(other)) {
    await writeIssued(settings, other)
    log.info(
      { notAfter: other.leaf.validToDate },
      `the certificate of ${settings.domains[0]} that another node got is taken`,
    )
    return true
  }
  if (!parts.challenges.begin()) return false
  let leased = false
  try {
    leased = (await store?.setIfAbsent(LEASE, true, clock.now() + LEASE_MS)) ?? true
    if (!leased) return false
    const issued = await ordered(settings, parts, signal)
    if (!issued) return false
    await writeIssued(settings, issued)
    await store?.set(certificateOf(settings), issued.pem, issued.leaf.validToDate.getTime())
    log.info(
      { notAfter: issued.leaf.validToDate, directory: settings.directory },
      `a certificate for ${settings.domains.join(', ')} was issued`,
    )
    return true
  } finally {
    parts.challenges.end()
    if (leased) await store?.delete(LEASE)
  }
}

/** @returns undefined when the server stops meanwhile: the order ends by itself, unused */
async function ordered(
  settings: AcmeSettings,
  parts: KeeperParts,
  signal: AbortSignal,
): Promise<Issued | undefined> {
  const { challenges, store } = parts
  const show = async (shown: readonly Challenge[]) => {
    await challenges.show(shown, store)
    // Until the other nodes have seen it.
    if (store && shown.length > 0) await pause(2 * intervalOf(parts), undefined, { ref: false })
  }
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const order = orderCertificate(settings, show)
  const issued = await Promise.race([order, stopped])
  if (!issued) order.catch(() => {})
  return issued
}

/** What another node has got. One that can't be read is as none. */
async function ofOthers(settings: AcmeSettings, store: Store | undefined): Promise<Issued | undefined> {
  const pem = await store?.get(certificateOf(settings))
  if (typeof pem !== 'string') return undefined
  const other = parseIssued(pem, 'the certificate in the store')
  return isFor(other, settings.domains) ? other : undefined
}

const certificateOf = ({ directory, domains }: AcmeSettings) => ['certificate', directory, ...domains]
