// Our side, as far as the registry's side has to agree with it: keys, issuer, paths, certificate. Nothing is made.
import { X509Certificate } from 'node:crypto'
import type { Config } from '../config/config.ts'
import type { Listen } from '../config/native/listen-schema.ts'
import { type ListenPlan, listenPlans, mainOf } from '../config/native/listeners.ts'
import { type KeyStage, signingIndex, stagesOf } from '../keys/key-schedule.ts'
import type { SigningKey } from '../keys/keys.ts'
import { createState } from '../kit/state.ts'
import { prefixInUrl } from '../server/path-prefix.ts'
import { loadKeys, loadTls, type ServerKeys } from '../server/server-keys.ts'
import type { ServerTls } from '../server/tls.ts'
import { longestTokenLifetime } from '../server/token-settings.ts'
import { createFiles } from '../services/files.ts'

/** A key of ours, and where it is in its life. */
export interface OwnKey {
  readonly key: SigningKey
  /** `published` is one of `token.keys` that does not sign. */
  readonly stage: KeyStage | 'published'
}

/** What a configuration is for the others. */
export interface Ours {
  readonly config: Config
  /** All that may have signed a token, or will. */
  readonly keys: readonly OwnKey[]
  /** The one that signs now; undefined before the first start. */
  readonly signing: SigningKey | undefined
  readonly serverKeys: ServerKeys | undefined
  /** Where the server listens. */
  readonly plans: readonly ListenPlan[]
  /** Of them, where clients are most likely sent to. */
  readonly listen: Listen
  /** That of this address. */
  readonly tls: ServerTls | undefined
  /** That of the server itself; undefined for plain HTTP. */
  readonly certificate: X509Certificate | undefined
  /** Before all paths, as it stands in URLs. */
  readonly prefix: string
  /** @example 'https' */
  readonly scheme: 'http' | 'https'
}

/** @param now milliseconds since the epoch */
export async function openOurs(config: Config, now: number): Promise<Ours> {
  const sources = {
    files: createFiles(config.base),
    state: createState(config.stateDir, { readOnly: true, announce: () => {} }),
    clock: { now: () => now },
  }
  // What is wrong with them is found by whoever looks at the configuration.
  const serverKeys = await loadKeys(config, sources).catch(() => undefined)
  const plans = listenPlans(config.server)
  const { listen, tls: section } = mainOf(plans)
  const tls = section && (await loadTls(section, config, sources).catch(() => undefined))
  const { keys = [], published = [] } = serverKeys?.plan ?? {}
  const stages = stagesOf(keys, now, longestTokenLifetime(config.token))
  return {
    config,
    keys: [
      ...keys.map(({ key }, index) => ({ key, stage: stages[index]!.stage })),
      ...published.map((key) => ({ key, stage: 'published' as const })),
    ],
    signing: keys[signingIndex(keys, now)]?.key,
    serverKeys,
    plans,
    listen,
    tls,
    certificate: tls && new X509Certificate(tls.options.cert as string),
    prefix: prefixInUrl(config.server.path_prefix),
    scheme: section ? 'https' : 'http',
  }
}
