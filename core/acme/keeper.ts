// Keeps a certificate: orders one when there is none, and another when two thirds of its life are over. Of several nodes one orders;
// the others take what it got.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock, Log, Store } from '../plugin.ts'
import { type Issued, isFor, parseIssued, readIssued, renewalOf, writeIssued } from './certificate-file.ts'
import type { Challenges } from './challenges.ts'
import { orderCertificate } from './order.ts'
import type { AcmeSettings } from './settings.ts'

/** How often it is looked whether something is to be done, and what other nodes show, in milliseconds. */
const LOOK_INTERVAL = 2_000
/** A node that ended in the middle of an order holds up the others no longer than this. Who lives renews it meanwhile. */
const LEASE_MS = 60_000
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
  const { clock, store, challenges } = parts
  const interval = intervalOf(parts)
  const key = keyOf(settings)
  while (!signal.aborted) {
    try {
      const isTime = clock.now() >= (challenges.failures.get(key)?.notBefore ?? 0)
      if (isTime && (await renewed(settings, parts, signal))) challenges.failures.delete(key)
      else if (store) await challenges.follow(store)
    } catch (error) {
      noteFailure(settings, parts, error as Error)
    }
    await pause(interval, undefined, { signal, ref: false }).catch(() => {})
  }
}

function noteFailure(settings: AcmeSettings, { challenges, clock, log }: KeeperParts, error: Error): void {
  const { directory, domains } = settings
  const key = keyOf(settings)
  const count = challenges.failures.get(key)?.count ?? 0
  const wait = PAUSES[Math.min(count, PAUSES.length - 1)]!
  challenges.failures.set(key, { count: count + 1, notBefore: clock.now() + wait })
  log.warn(
    { directory },
    `no certificate for ${domains.join(', ')}: ${error.message}; tried again in ${wait / 60_000} min`,
  )
}

/** The same settings are not tried again at once. */
function keyOf(settings: AcmeSettings): string {
  return JSON.stringify(settings)
}

function intervalOf({ interval = LOOK_INTERVAL }: KeeperParts): number {
  return Math.min(interval, LOOK_INTERVAL)
}

/** @returns whether there is a new certificate */
async function renewed(settings: AcmeSettings, parts: KeeperParts, signal: AbortSignal): Promise<boolean> {
  const { store, clock, challenges } = parts
  const held = await readIssued(settings)
  if (held && isFor(held, settings.domains) && clock.now() < renewalOf(held)) return false
  if (await taken(settings, parts)) return true
  if (signal.aborted || !challenges.begin()) return false
  const order = withLease(store, clock, async () => {
    // It may have come while we had no lease.
    if (await taken(settings, parts)) return true
    await obtain(settings, parts)
    return true
  }).finally(() => challenges.end())
  order.catch((error: Error) => {
    if (signal.aborted) noteFailure(settings, parts, error)
  })
  return await Promise.race([order, stopped(signal)])
}

/** @returns whether another node has got one, which is ours now */
async function taken(settings: AcmeSettings, { store, clock, log }: KeeperParts): Promise<boolean> {
  const other = await ofOthers(settings, store)
  if (!other || clock.now() >= renewalOf(other)) return false
  await writeIssued(settings, other)
  log.info(
    { notAfter: other.leaf.validToDate },
    `the certificate of ${settings.domains[0]} that another node got is taken`,
  )
  return true
}

async function obtain(settings: AcmeSettings, parts: KeeperParts): Promise<void> {
  const { challenges, store, log } = parts
  const issued = await orderCertificate(settings, async (shown) => {
    await challenges.show(shown, store)
    // Until the other nodes have seen it.
    if (store && shown.length > 0) await pause(2 * intervalOf(parts), undefined, { ref: false })
  })
  await writeIssued(settings, issued)
  await store?.set(certificateOf(settings), issued.pem, issued.leaf.validToDate.getTime())
  log.info(
    { notAfter: issued.leaf.validToDate, directory: settings.directory },
    `a certificate for ${settings.domains.join(', ')} was issued`,
  )
}

/** An order goes on to its end: after a reload the next keeper finds what it got, and begins none beside it. */
function stopped(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false)
    signal.addEventListener('abort', () => resolve(false), { once: true })
  })
}

/** @returns false when another node has the lease */
async function withLease(
  store: Store | undefined,
  clock: Clock,
  step: () => Promise<boolean>,
): Promise<boolean> {
  if (!store) return await step()
  const holder = randomUUID()
  const end = () => clock.now() + LEASE_MS
  if (!(await store.setIfAbsent(LEASE, holder, end()))) return false
  const renewal = setInterval(() => {
    store.set(LEASE, holder, end()).catch(() => {})
  }, LEASE_MS / 3).unref()
  try {
    return await step()
  } finally {
    clearInterval(renewal)
    if ((await store.get(LEASE)) === holder) await store.delete(LEASE)
  }
}

/** What another node has got. One that can't be read is as none. */
async function ofOthers(settings: AcmeSettings, store: Store | undefined): Promise<Issued | undefined> {
  const pem = await store?.get(certificateOf(settings))
  if (typeof pem !== 'string') return undefined
  const other = parseIssued(pem, 'the certificate in the store')
  return isFor(other, settings.domains) ? other : undefined
}

const certificateOf = ({ directory, domains }: AcmeSettings) => ['certificate', directory, ...domains]
