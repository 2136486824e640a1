// What is measured of one plugin instance. It comes and goes with the instance: a reload takes away the series of those that are no
// more, and leaves those that stay.
import type { Registry } from 'prom-client'
import { CallMetrics } from './calls.ts'
import { CALLS, DROPPED, type InstanceName, type InstanceParts } from './instance-parts.ts'
import { PluginMetrics } from './plugin-metrics.ts'
import { pullCounter, pullGauge, type Sample } from './pulled.ts'
import { RememberedMetrics } from './remembered.ts'
import { pullTimes, type TimesSample } from './times.ts'

/** The metrics of an instance. */
export class InstanceMetrics {
  readonly about: InstanceName
  readonly calls = new CallMetrics()
  readonly remembered = new RememberedMetrics()
  /** Those that the plugin makes itself. */
  readonly plugin: PluginMetrics

  constructor(parts: InstanceParts) {
    this.about = parts.about
    this.plugin = new PluginMetrics(parts)
  }
}

/** @param instances those that there are now */
export function measureInstances(registry: Registry, instances: () => readonly InstanceMetrics[]): void {
  const labelNames = ['plugin', 'id']
  const samples = (of: (instance: InstanceMetrics) => readonly Sample[]) => () =>
    instances().flatMap((instance) => {
      const { plugin, id } = instance.about
      return of(instance).map(([labels, value]): Sample => [{ plugin, id, ...labels }, value])
    })
  pullTimes(
    registry,
    {
      name: CALLS,
      help: 'How long calls of plugins took, waiting for a turn included, by what was asked for and how that ended.',
      labelNames: ['kind', ...labelNames, 'call', 'outcome'],
    },
    () =>
      instances().flatMap(({ about, calls }) =>
        calls.read().map(([labels, times]): TimesSample => [{ ...about, ...labels }, times]),
      ),
  )
  pullGauge(
    registry,
    {
      name: 'dockwarden_remembered_passwords',
      help: 'Proved passwords that an authenticator remembers now.',
      labelNames,
    },
    samples(({ remembered }) => {
      const now = remembered.read()
      return now ? [[{}, now.size]] : []
    }),
  )
  pullCounter(
    registry,
    {
      name: 'dockwarden_remembered_lookups_total',
      help: 'Logins that were looked for among the remembered ones: a hit spares the hash or the bind.',
      labelNames: [...labelNames, 'outcome'],
    },
    samples(({ remembered }) => {
      const now = remembered.read()
      return now
        ? [
            [{ outcome: 'hit' }, now.hits],
            [{ outcome: 'miss' }, now.misses],
          ]
        : []
    }),
  )
  pullCounter(
    registry,
    {
      name: DROPPED,
      help: 'Values that a plugin measured and that were dropped: its labels have too many values, or too long ones.',
      labelNames,
    },
    samples(({ plugin }) => (plugin.inUse ? [[{}, plugin.dropped]] : [])),
  )
}
