// What has become of changes of the configuration.
import type { Registry } from 'prom-client'
import { pullCounter, pullGauge } from './pulled.ts'

/** As it is now. */
export interface Reloads {
  /** How many there were of each outcome. */
  readonly counts: Readonly<Record<string, number>>
  /** Whether the last one was refused. */
  readonly refused: boolean
  /** Since when the configuration is in force, in milliseconds since the epoch. */
  readonly since: number
}

/** @param reloads undefined before the server runs */
export function measureReloads(registry: Registry, reloads: () => Reloads | undefined): void {
  pullCounter(
    registry,
    {
      name: 'dockwarden_config_reloads_total',
      help: 'How often the configuration was read again, by what became of it.',
      labelNames: ['outcome'],
      aggregator: 'first',
    },
    () => Object.entries(reloads()?.counts ?? {}).map(([outcome, count]) => [{ outcome }, count]),
  )
  const gauge = (name: string, help: string, of: (now: Reloads) => number) =>
    pullGauge(registry, { name, help, aggregator: 'first' }, () => {
      const now = reloads()
      return now ? [[{}, of(now)]] : []
    })
  gauge(
    'dockwarden_config_last_reload_successful',
    '0 when the configuration was read again and refused, so that the former one is in force; else 1.',
    ({ refused }) => (refused ? 0 : 1),
  )
  gauge(
    'dockwarden_config_last_reload_success_timestamp_seconds',
    'Since when the configuration is in force, in seconds since the epoch: the start, or the last reload that was taken.',
    ({ since }) => since / 1_000,
  )
}
