// What would cross the network in the clear.
import { listenPlans } from './native/listeners.ts'
import type { NativeConfig } from './native/schema.ts'

const LOOPBACK = /^(127\.|localhost$|::1$)/

/** What others on the network can read along, and the key that says so. */
export function exposedBy(server: NativeConfig['server']): { path: string; message: string }[] {
  const found = exposedAddresses(server).map((path) => ({ path, message: PASSWORDS }))
  if (server.metrics && exposesMetrics(server.metrics))
    found.push({ path: 'server.metrics.listen', message: METRICS })
  return found
}

const PASSWORDS =
  'passwords cross the network in the clear; set tls, or listen on 127.0.0.1 behind a proxy that has it'
const METRICS =
  'whoever reaches this address reads the metrics, and nothing is encrypted; set password and tls, or listen on 127.0.0.1'

/** The paths of what others can read along at; of a single address that of the whole section, which may not name it. */
function exposedAddresses(server: NativeConfig['server']): string[] {
  return listenPlans(server)
    .filter(({ tls, listen }) => !tls && 'port' in listen && !LOOPBACK.test(listen.host ?? ''))
    .map(({ at }) => (server.listen.listed ? at : 'server'))
}

/** Whether others can read the metrics. */
function exposesMetrics({ listen, tls, password }: NonNullable<NativeConfig['server']['metrics']>): boolean {
  return tls === undefined && password === undefined && !LOOPBACK.test(listen.host ?? '')
}
