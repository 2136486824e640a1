// What the metrics of a server are about: its parts, and the configuration that is in force.
import type { DependencyContainer } from 'tsyringe'
import type { Config } from '../config/config.ts'
import { METRICS_TLS } from '../config/native/listeners.ts'
import { KEY_RING } from '../keys/key-ring.ts'
import type { Ends } from '../metrics/ends.ts'
import type { InForce, Running } from '../metrics/server-metrics.ts'
import { INSTANCES } from '../request/instance.ts'
import { TOKEN_SETTINGS } from '../request/sign.ts'
import { HOST_SERVICES } from '../services/host.ts'
import { GUARD } from '../work/guard/gate.ts'
import type { Services } from './container.ts'
import type { Listener, Serving } from './listener.ts'
import { type MetricsParts, startMetricsListener } from './metrics-listener.ts'
import { RELOADS } from './reload-status.ts'

/** What of the services is measured. */
type MeasuredServices = Pick<Services, 'container' | 'tls' | 'clientTrust'>

/** What of a configuration is measured from now on. */
export function inForce(services: MeasuredServices): InForce {
  const { container } = services
  return {
    services: container.resolve(TOKEN_SETTINGS).services?.keys() ?? [],
    instances: container.resolve(INSTANCES).flatMap(({ metrics }) => metrics ?? []),
    ends: () => endsOf(services),
  }
}

function endsOf({ container, tls, clientTrust }: MeasuredServices): Ends {
  const ring = container.resolve(KEY_RING)
  const signing = ring.current?.kid
  const certificates = [...tls].map(([use, { notAfter }]) => ({ use, end: notAfter.getTime() }))
  const trusted = clientTrust?.current.ends ?? []
  if (trusted.length > 0) certificates.push({ use: 'server.client_ca', end: Math.min(...trusted) })
  return {
    keys: ring.known.map(({ kid, notAfter }) => ({
      kid,
      stage: kid === signing ? 'signs' : 'published',
      end: notAfter?.getTime(),
    })),
    certificates,
  }
}

/** What is looked at when somebody scrapes, as long as the server runs. */
export function watched(container: DependencyContainer, { connections }: Serving): Running {
  const guard = container.resolve(GUARD)
  const reloads = container.resolve(RELOADS)
  const { places } = container.resolve(HOST_SERVICES)
  return {
    places: () => places.counts(),
    guard: () => guard.counts?.(),
    connections: () => connections,
    reloads: () => ({ counts: reloads.counts, refused: reloads.last === 'refused', since: reloads.since }),
  }
}

/** Lets the metrics be scraped where the configuration says. @throws Error when its address can't be had */
export async function startScraped(
  config: Pick<Config, 'server'>,
  { tls }: Pick<Services, 'tls'>,
  parts: Omit<MetricsParts, 'tls'>,
): Promise<Listener | undefined> {
  const { metrics: settings } = config.server
  const listener = settings && (await startMetricsListener(settings, { ...parts, tls: tls.get(METRICS_TLS) }))
  if (listener) parts.log.info({ address: `${listener.address}/metrics` }, 'metrics are served')
  return listener
}
