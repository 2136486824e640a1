// What the metrics of a server are about: its parts, and the configuration that is in force.
import type { DependencyContainer } from 'tsyringe'
import type { Config } from '../config/config.ts'
import type { InForce, Running } from '../metrics/server-metrics.ts'
import { INSTANCES } from '../request/instance.ts'
import { TOKEN_SETTINGS } from '../request/sign.ts'
import { HOST_SERVICES } from '../services/host.ts'
import { GUARD } from '../work/guard/gate.ts'
import { Guard } from '../work/guard/guard.ts'
import type { Services } from './container.ts'
import type { Listener } from './listener.ts'
import { type MetricsParts, startMetricsListener } from './metrics-listener.ts'

/** What of a configuration is measured from now on. */
export function inForce({ container }: Pick<Services, 'container'>): InForce {
  return {
    services: container.resolve(TOKEN_SETTINGS).services?.keys() ?? [],
    instances: container.resolve(INSTANCES).flatMap(({ metrics }) => metrics ?? []),
  }
}

/** What is looked at when somebody scrapes, as long as the server runs. */
export function watched(container: DependencyContainer, { connections }: Listener): Running {
  const guard = container.resolve(GUARD)
  const { places } = container.resolve(HOST_SERVICES)
  return {
    places: () => places.counts(),
    guard: () => (guard instanceof Guard ? guard.counts() : undefined),
    connections: () => connections,
  }
}

/** Lets the metrics be scraped where the configuration says. @throws Error when its address can't be had */
export async function startScraped(
  config: Pick<Config, 'server'>,
  { metricsTls: tls }: Pick<Services, 'metricsTls'>,
  parts: Omit<MetricsParts, 'tls'>,
): Promise<Listener | undefined> {
  const { metrics: settings } = config.server
  const listener = settings && (await startMetricsListener(settings, { ...parts, tls }))
  if (listener) parts.log.info({ address: `${listener.address}/metrics` }, 'metrics are served')
  return listener
}
