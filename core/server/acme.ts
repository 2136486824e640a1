// Certificates that are ordered (`tls.acme`): what is served until there is one, and who keeps it.
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { DependencyContainer } from 'tsyringe'
import { certificatePath, isFor, readIssued, renewalOf } from '../acme/certificate-file.ts'
import { CHALLENGES, Challenges, type MakeProof } from '../acme/challenges.ts'
import type { AcmeSettings } from '../acme/settings.ts'
import type { Config, Spots } from '../config/config.ts'
import { type TlsSection, tlsSections } from '../config/native/listeners.ts'
import type { AcmeTls } from '../config/native/tls-schema.ts'
import { CLOCK, FILES } from '../kit/process.ts'
import { whyNotWritable } from '../kit/state.ts'
import type { Files, Log, Watch } from '../plugin.ts'
import type { HostServices } from '../services/host.ts'
import type { PemPair } from '../x509/certificates.ts'
import { ConfigError } from '../yaml/problems.ts'
import { lendStore, STORE_KEYS } from './plugin-store.ts'
import { HOUSE, single } from './process-container.ts'
import { type ServerTls, tlsOptions } from './tls.ts'

/** Services, as far as they are needed here. */
interface Built {
  readonly container: DependencyContainer
}

/** What a section needs of a configuration. */
type Place = Spots & Pick<Config, 'stateDir'>

/** The section, as the keeper takes it. @throws Error when the file of `ca` can't be read */
function settingsOf({ acme }: AcmeTls, { stateDir }: Place, files: Files): AcmeSettings {
  const { directory, email, domains, challenge, folder, ca, external_account: account } = acme
  return {
    directory,
    email,
    domains,
    challenge,
    folder: folder === undefined ? join(stateDir, 'acme') : files.resolve(folder),
    ca: ca === undefined ? undefined : files.readPem(ca),
    externalAccount: account && { kid: account.kid, hmacKey: account.hmac_key.reveal() },
  }
}

/** The file of a section's certificate, whether it is there or not. */
export function orderedPath(settings: AcmeTls, config: Place, files: Files): string {
  return certificatePath(settingsOf(settings, config, files))
}

/**
 * The certificate that is there, or one that nobody trusts until there is: the server that validates the names has to reach us first.
 *
 * @throws Error when the folder can't be written, or the file is damaged
 */
export async function loadOrdered(
  at: string,
  section: AcmeTls,
  config: Place,
  { files, clock }: Pick<HostServices, 'files' | 'clock'>,
): Promise<ServerTls> {
  const settings = settingsOf(section, config, files)
  const [first] = settings.domains as [string]
  const fault = await whyNotWritable(settings.folder, first)
  if (fault !== undefined)
    throw new ConfigError([{ file: config.file, ...config.spotOf(`${at}.acme`), message: fault }])
  const issued = await readIssued(settings)
  if (!issued) {
    const { certificate, key } = await standInFor(section, clock.now())
    return {
      options: tlsOptions(certificate, key, section),
      notAfter: new Date(clock.now()),
      warnings: () => [
        `acme: there is no certificate for ${first} yet; clients refuse to connect until ${settings.directory} has issued one: a server that runs orders it, and its log says what is in the way`,
      ],
    }
  }
  const { certificate, key, leaf } = issued
  return {
    options: tlsOptions(certificate, key, section, ` (${certificatePath(settings)})`),
    notAfter: leaf.validToDate,
    warnings(now) {
      if (!isFor(issued, settings.domains))
        return [
          `acme: the certificate of ${first} is not for all of domains yet; clients of the others refuse to connect until ${settings.directory} has issued one that is`,
        ]
      // Half of the time that is left for a renewal has gone.
      const late = (renewalOf(issued) + leaf.validToDate.getTime()) / 2
      if (now < late) return []
      return [
        `acme: the certificate of ${first} ends on ${leaf.validToDate.toISOString()}, and has not been renewed; clients refuse to connect then: see the warnings of the log, and that ${settings.directory} reaches this server`,
      ]
    },
  }
}

/** By names: whoever looks again finds the same, also after a reload. */
const standIns = new LRUCache<string, Promise<PemPair>>({ max: 100 })

function standInFor({ acme: { domains } }: AcmeTls, now: number): Promise<PemPair> {
  const key = domains.join()
  let made = standIns.get(key)
  if (!made) {
    made = import('../x509/certificates.ts').then((x509) => x509.createTlsCertificate(domains, now))
    standIns.set(key, made)
  }
  return made
}

/** Whether a section is one of ordered certificates. */
function isOrdered(section: TlsSection): section is TlsSection & { readonly settings: AcmeTls } {
  return section.settings !== 'auto' && 'acme' in section.settings
}

/** Not made beside a container: what lives as long as the process must not hold one of a former configuration. */
const makeProof: MakeProof = async (challenge) => (await import('../acme/order.ts')).makeProof(challenge)

/** What is shown to servers that validate names: it lives as long as the process. */
export function challengesOf({ container }: Built): Challenges {
  const house = container.resolve(HOUSE)
  return single(house, CHALLENGES, () => new Challenges(container.resolve(CLOCK), makeProof))
}

/** Begins to keep the certificates that are ordered. @param interval how often it is looked at them at least, in milliseconds */
export function keepOrdered(
  config: Place & Pick<Config, 'server'>,
  services: Built,
  log: Log,
  interval: number,
): Watch {
  const sections = tlsSections(config.server).filter(isOrdered)
  if (sections.length === 0) return { stop: async () => {} }
  const { container } = services
  const [clock, files] = [container.resolve(CLOCK), container.resolve(FILES)]
  const { fault } = container.resolve(STORE_KEYS)
  if (fault !== undefined) log.warn({}, `each node orders certificates by itself: server.tls.acme ${fault}`)
  const store = fault === undefined ? lendStore(OWNER, container, quiet(log)).lend() : undefined
  const parts = { challenges: challengesOf(services), store, clock, log, interval }
  const keepers = sections.map(async ({ settings }) => {
    const { keepCertificate } = await import('../acme/keeper.ts')
    return keepCertificate(settingsOf(settings, config, files), parts)
  })
  return {
    async stop() {
      await Promise.all(keepers.map(async (keeper) => (await keeper).stop()))
    },
  }
}

/** That the store is new says nothing here. */
function quiet(log: Log): Log {
  return {
    debug: () => {},
    info: () => {},
    warn: (facts, message) => log.warn(facts, message),
    error: (facts, message) => log.error(facts, message),
  }
}

/** Whose the entries in the store are. */
const OWNER = { kind: 'server', plugin: 'acme', id: 'acme' }
