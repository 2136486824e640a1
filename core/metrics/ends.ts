// When keys and certificates end.
import type { Registry } from 'prom-client'
import { pullGauge } from './pulled.ts'

/** A key of tokens. */
export interface KeyEnd {
  readonly kid: string
  /** `signs`: now. `published`: before or after it does. */
  readonly stage: 'signs' | 'published'
  /** Milliseconds since the epoch, of its certificate or the authority above it; undefined where it has none. */
  readonly end: number | undefined
}

/** A certificate, or several of one use. */
export interface CertificateEnd {
  /** The key of the configuration that names it, such as `server.tls`. */
  readonly use: string
  /** Milliseconds since the epoch, of the first that ends. */
  readonly end: number
}

/** All that ends. */
export interface Ends {
  readonly keys: readonly KeyEnd[]
  readonly certificates: readonly CertificateEnd[]
}

/** @param ends as they are now */
export function measureEnds(registry: Registry, ends: () => Ends): void {
  pullGauge(
    registry,
    {
      name: 'dockwarden_signing_key_not_after_timestamp_seconds',
      help: 'When the certificate of a key of tokens ends, in seconds since the epoch.',
      labelNames: ['kid', 'stage'],
      aggregator: 'first',
    },
    () =>
      ends().keys.flatMap(({ kid, stage, end }) =>
        end === undefined ? [] : [[{ kid, stage }, end / 1_000]],
      ),
  )
  pullGauge(
    registry,
    {
      name: 'dockwarden_certificate_not_after_timestamp_seconds',
      help: 'When the first certificate of a chain ends, in seconds since the epoch.',
      labelNames: ['use'],
      aggregator: 'first',
    },
    () => ends().certificates.map(({ use, end }) => [{ use }, end / 1_000]),
  )
}
