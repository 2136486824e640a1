// Follows what a registry says, as a client does: to the realm, to the token server, and back with a token.
import { type Answer, type Ask, createAsk } from '../ask.ts'
import { type Finding, isWrong, ok } from '../finding.ts'
import type { Ours } from '../ours.ts'
import { judgeClocks } from './clocks.ts'
import { CLIENT, judgeEndpoint, questionOf } from './endpoint.ts'
import { findRegistry, type Registry } from './find.ts'
import { type LoginAs, logIn, notTried } from './login.ts'
import { addressOf } from './names.ts'
import { createProber, type Probe, type Prober } from './probe.ts'
import { reachRealm } from './reach.ts'
import { judgeRealm } from './realm-words.ts'
import { expired, inWhichItDiffers, unanswered, unexplained, unseen } from './refused.ts'
import { type RegistrySettings, settingsOfProcess } from './settings.ts'
import { judgeSettings, judgeStart } from './settings-faults.ts'
import { findAccepted } from './variations.ts'
import { whoAnswers } from './who.ts'

/** What is looked at. */
export interface RegistryPatient {
  /** As it was named. */
  readonly registry: string
  /** Undefined when there is no configuration that can be read. */
  readonly ours: Ours | undefined
  /** PEM texts of authorities that clients trust besides the system's. */
  readonly authorities: readonly string[]
  /** Of a file that was named. */
  readonly settings: RegistrySettings | undefined
  readonly login: LoginAs | undefined
  readonly now: () => number
  /** Told when probe tokens were shown. */
  readonly audit: (facts: { registry: string; service: string; shown: number }) => void
}

/** The probe tokens' time is the token server's; what is less apart is the way of the answers. */
const SAME_CLOCK_MS = 5_000

/** What was found. */
export interface ExaminedRegistry {
  readonly findings: readonly Finding[]
  /** Whether a proxy stands before our server; undefined when that does not show. */
  readonly isProxied?: boolean | undefined
}

/** @throws Error for a text that names no registry */
export async function examineRegistry(patient: RegistryPatient): Promise<ExaminedRegistry> {
  const { ours, now, authorities } = patient
  const ask = createAsk(authorities, now)
  const { findings, registry } = await findRegistry(patient.registry, ask)
  if (!registry) return { findings }
  const service = registry.challenge.parameters.get('service') ?? ''
  const judged = judgeRealm(registry.challenge.parameters.get('realm') ?? '', registry.url, service)
  const found = [...findings, ...judged.findings]
  const realm = judged.realm && (await examineRealm(judged.realm, registry, service, ours, ask))
  found.push(...(realm?.findings ?? []), ...judgeClocks(registry.answer, realm?.answer))
  const prober = createProber(registry.url, service, ask)
  try {
    const settings = patient.settings ?? (await settingsOfProcess(registry.url))
    if (ours?.signing) {
      found.push(
        ...(await examineTokens(registry, realm?.answer, ours, settings, realm?.issuer, prober, now)),
      )
      patient.audit({ registry: registry.url.origin, service, shown: prober.shown })
    }
    const { login } = patient
    if (login && judged.realm && realm?.answer && !realm.findings.some(isOfOthers)) {
      // A certificate of our own making is no stranger's.
      const own = ours?.tls ? [String(ours.tls.options.cert)] : []
      const trusting = createAsk([...authorities, ...own], now)
      found.push(await logIn(login, judged.realm, service, ours, trusting, prober))
    } else if (login) found.push(notTried(login))
  } finally {
    await prober.close()
  }
  return { findings: found, isProxied: realm?.isProxied }
}

function isOfOthers({ id }: Finding): boolean {
  return id === 'realm-other'
}

interface ExaminedRealm {
  readonly findings: readonly Finding[]
  readonly answer?: Answer
  readonly issuer?: string | undefined
  readonly isProxied?: boolean | undefined
}

async function examineRealm(
  realm: URL,
  { url }: Registry,
  service: string,
  ours: Ours | undefined,
  ask: Ask,
): Promise<ExaminedRealm> {
  const reached = await reachRealm(questionOf(realm, service), url, ours, ask)
  if (!reached.answer) return reached
  const { answer } = reached
  const who = await whoAnswers(realm, answer, url, ours, ask)
  const endpoint = await judgeEndpoint(realm, service, answer, who, ours, ask)
  return {
    findings: [...reached.findings, ...who.findings, ...endpoint],
    answer,
    issuer: who.issuer,
    isProxied: who.isOurs ? isBehindProxy(answer, ours!) : undefined,
  }
}

/** Our server names itself in no header, and shows its own certificate. */
function isBehindProxy(
  { headers, peer, url }: Answer,
  { certificate, listen, scheme }: Ours,
): boolean | undefined {
  if (headers.server !== undefined || headers.via !== undefined || 'socket' in listen) return true
  if (url.protocol !== `${scheme}:`) return true
  if (peer && certificate && !peer.certificate.raw.equals(certificate.raw)) return true
  return addressOf(url).endsWith(`:${listen.port}`) ? false : undefined
}

/** @param runningIssuer what the server at the realm calls itself */
async function examineTokens(
  { url, answer }: Registry,
  realm: Answer | undefined,
  ours: Ours,
  settings: RegistrySettings | undefined,
  runningIssuer: string | undefined,
  prober: Prober,
  now: () => number,
): Promise<Finding[]> {
  // Tokens have the time of the server that makes them, which may be another machine.
  const serverSkew = realm?.skew ?? 0
  const skew = (answer.skew ?? 0) - serverSkew
  const usual: Probe = {
    key: ours.signing!,
    issuer: ours.config.token.issuer,
    now: now() + (Math.abs(serverSkew) > SAME_CLOCK_MS ? serverSkew : 0),
  }
  const verdict = await prober.show(usual)
  if (verdict === 'unseen') return [unseen(url)]
  if (verdict === 'none') return [unanswered(url)]
  const { notAfter } = ours.signing!
  if (verdict === 'refused' && ours.config.token.x5c && notAfter && notAfter.getTime() < usual.now)
    return [expired(ours, notAfter)]
  const own = settings && judgeSettings(settings, ours, verdict === 'accepted')
  if (verdict === 'accepted')
    return [
      ok('token', `the registry takes a token of this server (account ${CLIENT}, no access)`),
      ...(own ?? []),
    ]
  if (own && isWrong(own)) return own
  const issuers = [runningIssuer, settings?.issuer].filter((issuer) => issuer !== undefined)
  const registryNow = Math.abs(skew) > SAME_CLOCK_MS ? now() + answer.skew! : undefined
  const deviation = await findAccepted(usual, ours, issuers, registryNow, prober)
  if (deviation) return inWhichItDiffers(deviation, ours, skew)
  return [(settings && judgeStart(settings)) ?? unexplained(ours, prober.shown, settings)]
}
